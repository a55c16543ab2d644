import type { StreamHandler, StreamTransport } from '../../../../src/net/index.ts';
import { SharedPv } from '../../../../src/pv/index.ts';
import {
  CMD_GET,
  CMD_MONITOR,
  CMD_PUT,
  encodeCaIdentity,
  isSuccess,
  okStatus,
  PvaClientConnection,
  type PvaServerCommand,
  PvaServerCommandRecorder,
  type Recorded,
  type Status,
} from '../../../../src/pva/core/index.ts';
import type { PvaServerOptions } from '../../../../src/pva/index.ts';
import { PvaServerOn, type PvaServerParts } from '../../../../src/pva/server/server.ts';
import { type FieldDesc, parsePvRequest, readBitSet, Value } from '../../../../src/pvdata/index.ts';
import { type VirtualHost, VirtualNetwork } from '../../../../src/testing/index.ts';
import {
  BytesReader,
  getLogger,
  type LogFields,
  type Logger,
  SendBuffer,
} from '../../../../src/util/index.ts';

type Heard = Recorded<PvaServerCommand>;
type OfType<T> = Extract<Heard, { type: T }>;

export const LIMIT_MS = 10_000;

/** A logger that keeps its lines. */
export class LogBook {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[] = [];
  readonly logger: Logger = this.#make();

  /** Messages of one level and above. */
  problems(): string[] {
    return this.lines
      .filter((line) => line.level === 'warn' || line.level === 'error')
      .map((line) => line.message);
  }

  #make(): Logger {
    const method =
      (level: string) =>
      (a: LogFields | string, b?: string): void => {
        this.lines.push({
          level,
          message: typeof a === 'string' ? a : (b ?? ''),
          fields: typeof a === 'string' ? {} : a,
        });
      };
    const base = getLogger('test');
    return {
      debug: method('debug'),
      info: method('info'),
      warn: method('warn'),
      error: method('error'),
      isLevelEnabled: () => true,
      child: () => base,
    };
  }
}

/** A server on a virtual network, and clients of the bare protocol. */
export class Bench {
  readonly network: VirtualNetwork;
  readonly serverHost: VirtualHost;
  readonly clientHost: VirtualHost;
  readonly server: PvaServerOn;
  readonly log: LogBook;

  constructor(
    options: PvaServerOptions = {},
    parts: PvaServerParts = {},
    network: VirtualNetwork = new VirtualNetwork(),
  ) {
    this.network = network;
    this.serverHost = network.host('server', { addresses: ['10.0.0.1/24'], userName: 'ioc' });
    this.clientHost = network.host('client', { addresses: ['10.0.0.2/24'], userName: 'me' });
    this.log = new LogBook();
    this.server = new PvaServerOn(this.serverHost, options, { env: {}, logger: this.log.logger, ...parts });
  }

  static async started(options: PvaServerOptions = {}, parts: PvaServerParts = {}): Promise<Bench> {
    const bench = new Bench(options, parts);
    await bench.run(bench.server.start());
    return bench;
  }

  get clock(): VirtualNetwork['clock'] {
    return this.network.clock;
  }

  /** Lets virtual time pass until the promise settles. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    void promise.then(
      () => {
        isSettled = true;
      },
      () => {
        isSettled = true;
      },
    );
    await this.clock.until(() => isSettled, LIMIT_MS);
    return promise;
  }

  /** A client that is connected and validated. */
  async client(identity?: { user: string; host: string }): Promise<RawClient> {
    const client = new RawClient(this, identity);
    await this.clock.until(() => client.connection.state === 'open', LIMIT_MS);
    return client;
  }

  /** A mailbox that is served. */
  add(name: string, initial: Value): SharedPv {
    const pv = SharedPv.mailbox(initial, { clock: this.clock });
    this.server.add(name, pv);
    return pv;
  }
}

/** A client of the bare protocol: sends what it is told, keeps what it hears. */
export class RawClient extends PvaServerCommandRecorder implements StreamHandler {
  readonly out: SendBuffer;
  readonly connection: PvaClientConnection;
  readonly transport: StreamTransport;
  isClosed = false;
  #ioid = 100;
  #cid = 500;
  readonly #bench: Bench;
  readonly #identity: { user: string; host: string } | undefined;

  constructor(bench: Bench, identity?: { user: string; host: string }) {
    super();
    this.#bench = bench;
    this.#identity = identity;
    this.out = new SendBuffer();
    this.connection = new PvaClientConnection(this, this.out, { startMs: bench.clock.monotonicMs });
    this.transport = bench.clientHost.connect({ address: '10.0.0.1', port: bench.server.config.serverPort });
    this.transport.start(this);
  }

  override onConnectionValidation(
    bufferBytes: number,
    registrySize: number,
    methods: readonly string[],
  ): void {
    super.onConnectionValidation(bufferBytes, registrySize, methods);
    if (this.#identity === undefined) this.connection.validate('anonymous', null);
    else this.connection.validate('ca', encodeCaIdentity(this.#identity));
    this.flush();
  }

  onOpen(): void {}
  onData(chunk: Uint8Array): void {
    this.connection.receive(chunk);
    this.flush();
  }
  onDrain(): void {}
  onEnd(): void {}
  onClose(): void {
    this.isClosed = true;
  }

  flush(): void {
    if (this.out.byteLength === 0) return;
    this.transport.write([this.out.toBytes()]);
    this.out.clear();
  }

  /** Sends bytes as they are. */
  sendRaw(bytes: Uint8Array): void {
    this.transport.write([bytes]);
  }

  /** What has been heard of one type. */
  all<T extends Heard['type']>(type: T): OfType<T>[] {
    return this.commands.filter((command): command is OfType<T> => command.type === type);
  }

  /** Waits for the `count`-th message of a type that fits. */
  async next<T extends Heard['type']>(
    type: T,
    fits: (command: OfType<T>) => boolean = () => true,
    count = 1,
  ): Promise<OfType<T>> {
    this.flush();
    await this.#bench.clock.until(() => this.all(type).filter(fits).length >= count, LIMIT_MS);
    return this.all(type).filter(fits)[count - 1] as OfType<T>;
  }

  /** Lets everything under way arrive. */
  async settle(ms = 50): Promise<void> {
    this.flush();
    await this.#bench.clock.advanceAsync(ms);
  }

  async create(name: string): Promise<{ sid: number; cid: number; status: Status }> {
    const cid = this.#cid++;
    this.connection.createChannel(cid, name);
    const reply = await this.next('channelCreated', (command) => command.cid === cid);
    return { sid: reply.sid, cid, status: reply.status };
  }

  /** Creates a channel that must succeed. */
  async open(name: string): Promise<number> {
    const { sid, status } = await this.create(name);
    if (!isSuccess(status)) throw new Error(`"${name}" refused: ${status.message}`);
    return sid;
  }

  newIoid(): number {
    return this.#ioid++;
  }

  async init(
    command: number,
    sid: number,
    request = '',
    window?: number,
  ): Promise<{ ioid: number; status: Status; desc: FieldDesc | undefined }> {
    const ioid = this.newIoid();
    this.connection.init(command, sid, ioid, parsePvRequest(request), window);
    const reply = await this.next('initReply', (other) => other.ioid === ioid);
    return { ioid, status: reply.status, desc: reply.types[0] ?? undefined };
  }

  /** One reply to an operation, in the order they come. */
  reply(ioid: number, count = 1): Promise<OfType<'reply'>> {
    return this.next('reply', (command) => command.ioid === ioid, count);
  }

  decode(body: Uint8Array, desc: FieldDesc | undefined): Value {
    if (desc === undefined) throw new Error('no type');
    return this.connection.readMasked(new BytesReader(body), desc);
  }

  async get(name: string, request = ''): Promise<Value> {
    const sid = await this.open(name);
    const { ioid, status, desc } = await this.init(CMD_GET, sid, request);
    if (!isSuccess(status)) throw new Error(status.message);
    this.connection.get(sid, ioid, true);
    const reply = await this.reply(ioid);
    if (!isSuccess(reply.status)) throw new Error(reply.status.message);
    return this.decode(reply.body, desc);
  }

  /** Puts plain content and returns the status. */
  async put(name: string, content: Readonly<Record<string, unknown>>, request = ''): Promise<Status> {
    const sid = await this.open(name);
    const { ioid, status, desc } = await this.init(CMD_PUT, sid, request);
    if (!isSuccess(status) || desc === undefined) return status;
    this.connection.put(sid, ioid, valueOf(desc, content), undefined, true);
    return (await this.reply(ioid)).status;
  }

  async monitor(name: string, request = '', window?: number): Promise<RawMonitor> {
    const sid = await this.open(name);
    const { ioid, status, desc } = await this.init(CMD_MONITOR, sid, request, window);
    if (!isSuccess(status) || desc === undefined) throw new Error(status.message);
    return new RawMonitor(this, sid, ioid, desc);
  }
}

function valueOf(desc: FieldDesc, content: Readonly<Record<string, unknown>>): Value {
  return Value.from(desc, content);
}

/** What one update said. */
export interface Update {
  readonly value: Value;
  readonly changed: readonly string[];
  /** Fields that changed more than once. */
  readonly overrun: readonly string[];
}

/** A subscription of the bare protocol. */
export class RawMonitor {
  readonly client: RawClient;
  readonly sid: number;
  readonly ioid: number;
  readonly desc: FieldDesc;

  constructor(client: RawClient, sid: number, ioid: number, desc: FieldDesc) {
    this.client = client;
    this.sid = sid;
    this.ioid = ioid;
    this.desc = desc;
  }

  start(): void {
    this.client.connection.monitorStart(this.sid, this.ioid);
    this.client.flush();
  }
  stop(): void {
    this.client.connection.monitorStop(this.sid, this.ioid);
    this.client.flush();
  }
  ack(count: number): void {
    this.client.connection.monitorAck(this.sid, this.ioid, count);
    this.client.flush();
  }

  get updates(): Update[] {
    return this.client
      .all('update')
      .filter((command) => command.ioid === this.ioid)
      .map((command) => {
        const body = new BytesReader(command.body);
        const value = this.client.connection.readMasked(body, this.desc);
        const overrun = [...readBitSet(body)].map((bit) => this.desc.nameAt(bit));
        return { value, changed: [...value.marked()], overrun };
      });
  }

  /** The `path` of each update. */
  values(path = 'value'): unknown[] {
    return this.updates.map((update) => update.value.get(path));
  }

  get end(): Status | undefined {
    return this.client.all('finished').find((command) => command.ioid === this.ioid)?.status;
  }
}

export { okStatus };
