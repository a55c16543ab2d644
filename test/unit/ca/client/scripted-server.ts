import { CaClientCore } from '../../../../src/ca/client/client.ts';
import type { CaClientSetup } from '../../../../src/ca/client/client-types.ts';
import {
  CaCircuit,
  currentCount,
  ECA_BADTYPE,
  ECA_NORDACCESS,
  ECA_PUTFAIL,
  encodeDbr,
  nativeDbrOf,
  readSearchRequests,
  type ServerCircuitHandler,
  writeBeacon,
  writeDatagramVersion,
  writeSearchReply,
} from '../../../../src/ca/core/index.ts';
import type { DatagramTransport, Endpoint, Listener, StreamTransport } from '../../../../src/net/index.ts';
import {
  emptyMetadata,
  type Metadata,
  makeScalarType,
  makeSnapshot,
  makeTimeStamp,
  noAlarm,
  type PvValue,
  type ScalarType,
  type Snapshot,
} from '../../../../src/pv/index.ts';
import {
  type VirtualHost,
  VirtualNetwork,
  type VirtualNetworkOptions,
} from '../../../../src/testing/index.ts';
import { type BytesReader, BytesWriter, type Logger, SendBuffer } from '../../../../src/util/index.ts';

/** One PV of a scripted server. */
export interface ScriptedPv {
  type: ScalarType;
  snapshot: Snapshot;
  rights: number;
}

/** A scalar or array of doubles, 1 unless told otherwise. */
export function scripted(
  value: PvValue = 1,
  type: ScalarType = makeScalarType('float64'),
  meta: Metadata = emptyMetadata,
): ScriptedPv {
  return { type, snapshot: makeSnapshot(value, noAlarm, makeTimeStamp(1_700_000_000, 5), meta), rights: 3 };
}

interface Subscription {
  readonly pv: ScriptedPv;
  readonly dbrType: number;
  readonly count: number;
  readonly mask: number;
}

/** One circuit of a scripted server; what the client sends is in `log`. */
export class ScriptedConnection implements ServerCircuitHandler {
  readonly core: CaCircuit;
  readonly stream: StreamTransport;
  readonly subscriptions = new Map<number, Subscription>();
  readonly channels = new Map<number, { cid: number; name: string; pv: ScriptedPv }>();
  isOpen = true;
  /** Keeps silent, as a process that was stopped. */
  isSilent = false;
  readonly #server: ScriptedServer;
  readonly #out = new SendBuffer(undefined, false);

  constructor(server: ScriptedServer, stream: StreamTransport) {
    this.#server = server;
    this.stream = stream;
    this.core = new CaCircuit('server', this, this.#out);
    stream.start({
      onOpen: () => undefined,
      onData: (chunk) => {
        if (this.isSilent) return;
        this.core.receive(chunk);
        this.flush();
      },
      onDrain: () => this.#out.drained(),
      onEnd: () => stream.destroy(),
      onClose: () => {
        this.isOpen = false;
        this.#log('close');
      },
    });
    if (server.minor > 0) {
      this.core.version();
      if (server.minor !== 13) this.#out.view.setUint16(this.#out.position - 10, server.minor);
    }
    this.flush();
  }

  flush(): void {
    this.#out.flush((chunks) => {
      this.stream.write(chunks.map((chunk) => chunk.slice()));
      return true;
    });
  }

  /** Sends what `write` writes. */
  send(write: (core: CaCircuit) => void): void {
    write(this.core);
    this.flush();
  }

  sendRaw(bytes: Uint8Array): void {
    this.stream.write([bytes]);
  }

  /** Sends the current value of a PV to its subscribers whose mask fits. */
  post(pv: ScriptedPv, mask = 5): void {
    for (const [id, subscription] of this.subscriptions) {
      if (subscription.pv === pv && (subscription.mask & mask) !== 0) this.#update(id, subscription);
    }
    this.flush();
  }

  onVersion(priority: number): void {
    this.#log(`version ${priority}`);
  }
  onProtocolError(error: Error): void {
    this.#log(`protocol error ${error.message}`);
  }
  onClientName(name: string): void {
    this.#log(`user ${name}`);
  }
  onHostName(name: string): void {
    this.#log(`host ${name}`);
  }
  onSearchRequest(cid: number, _minor: number, _wantsNotFound: boolean, name: string): void {
    this.#log(`search ${name}`);
    if (this.#server.pvs.has(name)) this.core.searchReply(cid, this.#server.searchPort, 0xffff_ffff);
  }
  onCreateChannelRequest(cid: number, _minor: number, name: string): void {
    this.#log(`create ${name}`);
    const pv = this.#server.pvs.get(name);
    if (this.#server.isMute.has('create')) return;
    if (pv === undefined) {
      this.core.createFailed(cid);
      return;
    }
    const sid = this.#server.nextSid++;
    this.channels.set(sid, { cid, name, pv });
    this.core.accessRights(cid, pv.rights);
    this.core.createChannelReply(cid, sid, nativeDbrOf(pv.type), pv.type.caCount);
  }
  onClearChannelRequest(sid: number, cid: number): void {
    this.#log(`clear ${this.channels.get(sid)?.name ?? sid}`);
    this.channels.delete(sid);
    this.core.clearChannelReply(sid, cid);
  }
  onEventAddRequest(sid: number, id: number, dbrType: number, count: number, mask: number): void {
    const pv = this.channels.get(sid)?.pv;
    this.#log(`subscribe ${this.channels.get(sid)?.name} ${dbrType} ${count} ${mask}`);
    if (pv === undefined || this.#server.isMute.has('event')) return;
    const subscription = { pv, dbrType, count, mask };
    this.subscriptions.set(id, subscription);
    this.#update(id, subscription);
  }
  onEventCancelRequest(sid: number, id: number, dbrType: number, count: number): void {
    this.#log(`cancel ${this.channels.get(sid)?.name}`);
    this.subscriptions.delete(id);
    this.core.eventCancelReply(sid, id, dbrType, count);
  }
  onEventsOff(): void {
    this.#log('events off');
  }
  onEventsOn(): void {
    this.#log('events on');
  }
  onReadRequest(): void {
    this.#log('read');
  }
  onReadNotifyRequest(sid: number, ioid: number, dbrType: number, count: number): void {
    const pv = this.channels.get(sid)?.pv;
    this.#log(`get ${this.channels.get(sid)?.name} ${dbrType} ${count}`);
    if (pv === undefined || this.#server.isMute.has('get')) return;
    const custom = this.#server.onGet?.(this, ioid, dbrType, count);
    if (custom === true) return;
    if ((pv.rights & 1) === 0) {
      this.core.readNotifyReply(ioid, dbrType, 1, ECA_NORDACCESS, new Uint8Array(8));
      return;
    }
    const actual = count === 0 ? currentCount(pv.snapshot, pv.type, dbrType) : count;
    this.core.readNotifyReply(ioid, dbrType, actual, 1, this.#encode(pv, dbrType, actual));
  }
  onWriteRequest(sid: number, cid: number, dbrType: number, count: number, payload: BytesReader): void {
    this.#log(`write ${this.channels.get(sid)?.name} ${dbrType} ${count} ${this.#server.hex(payload)}`);
    if (this.#server.isMute.has('refuse')) this.core.error(cid, ECA_PUTFAIL, this.core.header, 'refused');
  }
  onWriteNotifyRequest(
    sid: number,
    ioid: number,
    dbrType: number,
    count: number,
    payload: BytesReader,
  ): void {
    this.#log(`put ${this.channels.get(sid)?.name} ${dbrType} ${count} ${this.#server.hex(payload)}`);
    if (this.#server.isMute.has('put')) return;
    if (this.#server.isMute.has('error')) {
      this.core.error(0xffff_ffff, ECA_BADTYPE, this.core.header, 'an ERROR in place of a reply');
      return;
    }
    const status = this.#server.isMute.has('refuse') ? ECA_PUTFAIL : 1;
    this.core.writeNotifyReply(ioid, dbrType, count, status);
  }

  #update(id: number, { pv, dbrType, count }: Subscription): void {
    if ((pv.rights & 1) === 0) {
      this.core.eventAddReply(id, dbrType, 1, ECA_NORDACCESS, new Uint8Array(24));
      return;
    }
    const actual = count === 0 ? currentCount(pv.snapshot, pv.type, dbrType) : count;
    this.core.eventAddReply(id, dbrType, actual, 1, this.#encode(pv, dbrType, actual));
  }

  #encode(pv: ScriptedPv, dbrType: number, count: number): Uint8Array {
    const acknowledgement = { transient: true, severity: 0 as const };
    return encodeDbr({ type: pv.type, className: 'ai', acknowledgement }, pv.snapshot, dbrType, count);
  }

  #log(text: string): void {
    this.#server.log.push(text);
  }
}

/** What a scripted server does not do as it should. */
export type Fault = 'create' | 'get' | 'put' | 'event' | 'refuse' | 'error' | 'search';

/** A CA server that does what a test says. */
export class ScriptedServer {
  readonly host: VirtualHost;
  readonly pvs: Map<string, ScriptedPv>;
  readonly log: string[] = [];
  readonly isMute = new Set<Fault>();
  readonly connections: ScriptedConnection[] = [];
  readonly port: number;
  minor = 13;
  nextSid = 100;
  /** Where the last search came from. */
  searcher: Endpoint = { address: '', port: 0 };
  /** Port in search replies over TCP. */
  searchPort: number;
  /** Answers a read instead of the server. */
  onGet:
    | ((connection: ScriptedConnection, ioid: number, dbrType: number, count: number) => boolean)
    | undefined;
  #listener: Listener | undefined;
  #socket: DatagramTransport | undefined;
  #beaconId = 0;

  constructor(host: VirtualHost, pvs: Record<string, ScriptedPv> = {}, port = 5064) {
    this.host = host;
    this.pvs = new Map(Object.entries(pvs));
    this.port = port;
    this.searchPort = port;
  }

  get address(): string {
    return this.host.interfaces()[1]?.address ?? '127.0.0.1';
  }

  /** The circuits that are open. */
  get open(): ScriptedConnection[] {
    return this.connections.filter((connection) => connection.isOpen);
  }

  async start(): Promise<void> {
    this.#listener = await this.host.listen({ address: '0.0.0.0', port: this.port }, (stream) =>
      this.connections.push(new ScriptedConnection(this, stream)),
    );
    const socket = await this.host.bind({
      address: '0.0.0.0',
      port: this.port,
      isShared: true,
      canBroadcast: true,
    });
    this.#socket = socket;
    socket.start({ onDatagram: (bytes, from) => this.#onDatagram(bytes, from), onError: () => undefined });
  }

  /** Ends as a process that is killed: all sockets close. */
  async stop(): Promise<void> {
    this.#socket?.close();
    await this.#listener?.close();
    for (const connection of this.open) connection.stream.destroy();
  }

  /** Sends a beacon. */
  beacon(to: Endpoint): void {
    const w = new BytesWriter(16, false);
    writeBeacon(w, this.port, this.#beaconId++);
    this.#socket?.send(w.toBytes(), to);
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    this.#socket?.send(bytes, to);
  }

  hex(payload: BytesReader): string {
    return [...payload.bytes.subarray(payload.position, payload.end)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
  }

  #onDatagram(bytes: Uint8Array, from: Endpoint): void {
    this.searcher = from;
    const w = new BytesWriter(256, false);
    readSearchRequests(bytes, {
      onSearchRequest: (name, cid, _minor, _wantsNegative, sequence) => {
        this.log.push(`udp search ${name}`);
        if (!this.pvs.has(name) || this.isMute.has('search')) return;
        if (w.position === 0) writeDatagramVersion(w, sequence);
        writeSearchReply(w, cid, this.port);
      },
    });
    if (w.position > 0) this.#socket?.send(w.toBytes(), from);
  }
}

const ignore = (): void => {};

/** Tests look at events and errors, not at the log. */
const quietLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  isLevelEnabled: () => false,
  child: () => quietLogger,
};

/** A network with a server host and a client host. */
export interface Site {
  readonly network: VirtualNetwork;
  readonly server: ScriptedServer;
  readonly client: CaClientCore;
  readonly clientHost: VirtualHost;
  /** Lets `ms` of virtual time pass. */
  pass(ms: number): Promise<void>;
  until(isTrue: () => boolean, limitMs?: number): Promise<void>;
  /** Lets time pass until the promise settles. */
  settled<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
}

/** Starts a server with `pvs`, and makes a client that searches at it. */
export async function makeSite(
  pvs: Record<string, ScriptedPv> = {},
  options: Partial<CaClientSetup> = {},
  link: VirtualNetworkOptions = {},
): Promise<Site> {
  const network = new VirtualNetwork({ seed: 1, ...link });
  const server = new ScriptedServer(network.host('ioc', { addresses: ['10.0.0.1/24'] }), pvs);
  const clientHost = network.host('desk', { addresses: ['10.0.0.2/24'] });
  await server.start();
  const client = new CaClientCore({
    network: clientHost,
    addrList: ['10.0.0.1'],
    autoAddrList: false,
    repeater: 'off',
    logger: quietLogger,
    ...options,
  });
  const { clock } = network;
  return {
    network,
    server,
    client,
    clientHost,
    pass: (ms) => clock.advanceAsync(ms),
    until: (isTrue, limitMs = 60_000) => clock.until(isTrue, limitMs),
    async settled(promise, limitMs = 60_000) {
      let isDone = false;
      const done = (): void => {
        isDone = true;
      };
      promise.then(done, done);
      await clock.until(() => isDone, limitMs);
      return promise;
    },
  };
}
