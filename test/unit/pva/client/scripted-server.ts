import type { DatagramTransport, Listener, StreamTransport } from '../../../../src/net/index.ts';
import { ntScalarType } from '../../../../src/nt/index.ts';
import {
  beginMessage,
  CMD_GET,
  CMD_MONITOR,
  CMD_PUT,
  CMD_SEARCH,
  CMD_SEARCH_RESPONSE,
  decodeSearchRequest,
  encodeSearchResponse,
  endMessage,
  FLAG_FROM_SERVER,
  okStatus,
  PvaServerConnection,
  type PvaServerHandler,
  SUB_GET,
  walkDatagram,
} from '../../../../src/pva/core/index.ts';
import { type FieldDesc, Value } from '../../../../src/pvdata/index.ts';
import type { VirtualHost } from '../../../../src/testing/index.ts';
import { BitSet, BytesReader, BytesWriter, SendBuffer } from '../../../../src/util/index.ts';

export const scalarType: FieldDesc = ntScalarType('double');

export function scalar(value: number): Value {
  return Value.from(scalarType, { value });
}

/** What the server heard, one line per message. */
export type Heard = string;

/** One connection of a scripted server. Methods may be replaced to misbehave. */
export class ScriptedSession implements PvaServerHandler {
  readonly server: ScriptedServer;
  readonly stream: StreamTransport;
  readonly out: SendBuffer;
  readonly core: PvaServerConnection;

  constructor(server: ScriptedServer, stream: StreamTransport) {
    this.server = server;
    this.stream = stream;
    this.out = new SendBuffer();
    this.core = new PvaServerConnection(this, this.out, { littleEndian: server.littleEndian });
    stream.start({
      onOpen: () => {
        if (server.isSilent) return;
        this.core.greet(server.methods);
        this.flush();
      },
      onData: (chunk) => {
        this.core.receive(chunk);
        this.flush();
      },
      onDrain: () => {},
      onEnd: () => stream.destroy(),
      onClose: () => server.sessions.delete(this),
    });
  }

  flush(): void {
    if (this.out.byteLength === 0) return;
    const bytes = this.out.toBytes();
    this.out.clear();
    this.stream.write([bytes]);
  }

  #hear(line: Heard): boolean {
    this.server.heard.push(line);
    return this.server.intercept(line, this);
  }

  onEcho(): void {}
  onMessage(): void {}
  onProtocolError(error: Error): void {
    this.server.heard.push(`PROTOCOL ERROR ${error.message}`);
  }
  onConnectionValidation(_b: number, _r: number, _q: number, method: string, data: Value | null): void {
    const user = data === null ? '' : ` ${String(data.get('user'))}@${String(data.get('host'))}`;
    if (this.#hear(`VALIDATION ${method}${user}`)) return;
    this.core.validated(okStatus);
  }
  onCreateChannel(cid: number, name: string): void {
    if (this.#hear(`CREATE ${name}`)) {
      this.server.lastCid = cid;
      return;
    }
    this.server.lastCid = cid;
    this.core.channelCreated(cid, ++this.server.lastSid);
  }
  onDestroyChannel(sid: number, cid: number): void {
    if (this.#hear('DESTROY_CHANNEL')) return;
    this.core.channelDestroyed(sid, cid);
  }
  onSearch(body: BytesReader): void {
    const request = decodeSearchRequest(body);
    if (this.#hear(`TCP SEARCH ${request.names.join(' ')}`)) return;
    const ids = request.ids.filter((_, i) => this.server.names.has(request.names[i] as string));
    if (ids.length === 0) return;
    this.core.searchResponse((writer) =>
      encodeSearchResponse(writer, {
        guid: this.server.guid,
        sequence: request.sequence,
        address: this.server.answerAddress,
        port: this.server.tcpPort,
        isFound: true,
        ids,
      }),
    );
  }
  onInit(
    command: number,
    _sid: number,
    ioid: number,
    subcommand: number,
    pvRequest: Value | null,
    freeCount: number,
  ): void {
    this.server.requests.push(pvRequest);
    this.server.ioids.push(ioid);
    const kind = { [CMD_GET]: 'GET', [CMD_PUT]: 'PUT', [CMD_MONITOR]: 'MONITOR' }[command] ?? `${command}`;
    this.server.lastIoid = ioid;
    if (this.#hear(`${kind} INIT ${subcommand.toString(16)}${freeCount >= 0 ? ` free ${freeCount}` : ''}`))
      return;
    this.core.initDone(
      command,
      ioid,
      command === CMD_GET || command === CMD_PUT || command === CMD_MONITOR ? this.server.type : undefined,
    );
  }
  onGet(_sid: number, ioid: number, subcommand: number): void {
    this.server.lastIoid = ioid;
    if (this.#hear('GET')) return;
    this.core.valueReply(CMD_GET, ioid, subcommand, this.server.value);
  }
  onPut(_sid: number, ioid: number, subcommand: number, body: BytesReader): void {
    this.server.lastIoid = ioid;
    if ((subcommand & SUB_GET) !== 0) {
      if (this.#hear('PUT GET')) return;
      this.core.valueReply(CMD_PUT, ioid, subcommand, this.server.value);
      return;
    }
    const put = this.core.readMasked(body, this.server.type);
    if (this.#hear(`PUT ${[...put.marked()].map((path) => `${path}=${String(put.get(path))}`).join(' ')}`))
      return;
    this.core.statusReply(CMD_PUT, ioid, subcommand, okStatus);
  }
  onPutGet(): void {}
  onMonitor(_sid: number, ioid: number, subcommand: number, freeCount: number): void {
    this.server.lastIoid = ioid;
    if (this.#hear(`MONITOR ${subcommand.toString(16)}${freeCount >= 0 ? ` free ${freeCount}` : ''}`)) return;
    if ((subcommand & 0x44) === 0x44) this.update(this.server.value);
  }
  onArray(): void {}
  onProcess(): void {}
  onRpc(_sid: number, ioid: number, subcommand: number, args: Value | null): void {
    this.server.lastIoid = ioid;
    this.server.args.push(args);
    if (this.#hear('RPC')) return;
    this.core.rpcResult(ioid, subcommand, this.server.value);
  }
  onGetField(_sid: number, ioid: number, path: string): void {
    if (this.#hear(`GET_FIELD ${path}`)) return;
    this.core.fieldReply(ioid, okStatus, this.server.type);
  }
  onDestroyRequest(): void {
    this.#hear('DESTROY');
  }
  onCancelRequest(): void {
    this.#hear('CANCEL');
  }

  /** Sends an update of the last subscription, or of another. */
  update(value: Value, overrun?: BitSet, ioid: number = this.server.lastIoid): void {
    this.core.monitorUpdate(ioid, value, value.marks, overrun);
    this.flush();
  }
}

/** A server that answers searches and does what the test says. */
export class ScriptedServer {
  readonly host: VirtualHost;
  readonly heard: Heard[] = [];
  readonly requests: (Value | null)[] = [];
  readonly args: (Value | null)[] = [];
  readonly sessions = new Set<ScriptedSession>();
  readonly names = new Set<string>();
  guid = Uint8Array.from({ length: 12 }, (_, i) => i + 1);
  methods: readonly string[] = ['anonymous', 'ca'];
  littleEndian = true;
  isSilent = false;
  answersSearches = true;
  answerAddress = '';
  tcpPort = 5075;
  type: FieldDesc = scalarType;
  value: Value = scalar(1);
  lastSid = 100;
  lastCid = -1;
  lastIoid = -1;
  /** Of every INIT, in order. */
  readonly ioids: number[] = [];
  /** Replaces the answer to a message: return true when it has been dealt with. */
  intercept: (line: Heard, session: ScriptedSession) => boolean = () => false;
  #listener: Listener | undefined;
  #socket: DatagramTransport | undefined;
  readonly #reader = new BytesReader(new Uint8Array(0));

  constructor(host: VirtualHost, ...names: readonly string[]) {
    this.host = host;
    for (const name of names) this.names.add(name);
  }

  async start(): Promise<this> {
    this.#listener = await this.host.listen({ address: '0.0.0.0', port: this.tcpPort }, (stream) => {
      this.sessions.add(new ScriptedSession(this, stream));
    });
    this.#socket = await this.host.bind({ address: '0.0.0.0', port: 5076, isShared: true });
    this.#socket.start({
      onDatagram: (bytes, from) => {
        walkDatagram(this.#reader, bytes, (header, body) => {
          if (header.command !== CMD_SEARCH) return;
          const request = decodeSearchRequest(body);
          this.heard.push(`SEARCH ${request.names.join(' ')}`);
          const ids = request.ids.filter((_, i) => this.names.has(request.names[i] as string));
          if (!this.answersSearches || (ids.length === 0 && (request.flags & 1) === 0)) return;
          this.#socket?.send(this.response(request.sequence, ids), {
            address: from.address,
            port: request.responsePort,
          });
        });
      },
      onError: () => {},
    });
    return this;
  }

  response(sequence: number, ids: readonly number[]): Uint8Array {
    const writer = new BytesWriter();
    const at = beginMessage(writer, FLAG_FROM_SERVER, CMD_SEARCH_RESPONSE);
    encodeSearchResponse(writer, {
      guid: this.guid,
      sequence,
      address: this.answerAddress,
      port: this.tcpPort,
      isFound: ids.length > 0,
      ids,
    });
    endMessage(writer, at);
    return writer.toBytes();
  }

  /** The one connection. */
  get session(): ScriptedSession {
    const [session] = this.sessions;
    if (session === undefined) throw new Error('nobody is connected');
    return session;
  }

  /** The options of the pvRequest that came with INIT number `index`. */
  recordOptions(index = 0): Record<string, unknown> {
    const options = this.requests[index]?.get('record._options');
    return options instanceof Value ? options.toObject() : {};
  }

  /** How often a message was heard that begins with `text`. */
  count(text: string): number {
    return this.heard.filter((line) => line.startsWith(text)).length;
  }

  stop(): void {
    this.#socket?.close();
    void this.#listener?.close();
    for (const session of this.sessions) session.stream.destroy();
    this.sessions.clear();
  }
}
