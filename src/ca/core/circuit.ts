import {
  BytesReader,
  cutUtf8,
  ProtocolError,
  ProtocolMisuseError,
  type SendBuffer,
  utf8Length,
  writeUtf8,
} from '../../util/index.ts';
import { dispatchToClient, dispatchToServer } from './circuit-dispatch.ts';
import type { ClientCircuitHandler, ServerCircuitHandler } from './circuit-handlers.ts';
import { CircuitWatch } from './circuit-watch.ts';
import {
  CMD_ACCESS_RIGHTS,
  CMD_CLEAR_CHANNEL,
  CMD_CLIENT_NAME,
  CMD_CREATE_CH_FAIL,
  CMD_CREATE_CHAN,
  CMD_ECHO,
  CMD_ERROR,
  CMD_EVENT_ADD,
  CMD_EVENT_CANCEL,
  CMD_EVENTS_OFF,
  CMD_EVENTS_ON,
  CMD_HOST_NAME,
  CMD_NOT_FOUND,
  CMD_READ,
  CMD_READ_NOTIFY,
  CMD_READ_SYNC,
  CMD_SEARCH,
  CMD_SERVER_DISCONN,
  CMD_VERSION,
  CMD_WRITE,
  CMD_WRITE_NOTIFY,
  commandName,
  DEFAULT_MAX_MESSAGE_BYTES,
  DONTREPLY,
  DOREPLY,
  EXTENDED_HEADER_BYTES,
  HEADER_BYTES,
  MAX_ERROR_PAYLOAD,
  MAX_STANDARD_COUNT,
  MAX_STANDARD_PAYLOAD,
  MIN_MINOR_VERSION,
  MINOR_VERSION,
} from './constants.ts';
import { FrameAction, Framer } from './framing.ts';
import { type MessageHeader, needsExtended, padded, writeHeader, writeHeaderAsReceived } from './header.ts';
import { type CircuitRole, type CircuitState, isLegal } from './rules.ts';
import { ECA_DEFUNCT, ECA_INTERNAL, ECA_TOLARGE } from './status.ts';

/** Limits and time-outs of a circuit. */
export interface CircuitOptions {
  /** Largest payload taken, in bytes; default `maxMessageBytes`. Larger ones are skipped and reported. */
  readonly maxPayloadBytes?: number;
  /** Largest payload that is even skipped, in bytes; default 256 MiB. Beyond it the circuit is closed. */
  readonly maxMessageBytes?: number;
  /** Client: ms of silence before a probe; default 30000. */
  readonly idleMs?: number;
  /** Client: ms that the server has to answer a probe; default 5000. */
  readonly probeMs?: number;
}

/** Unknown commands in a row after which the peer is taken for something else. */
const MAX_UNKNOWN = 10;
const DEFAULT_IDLE_MS = 30_000;
const DEFAULT_PROBE_MS = 5000;
const EMPTY = new Uint8Array(0);

/**
 * One end of a Channel Access circuit: bytes in, handler calls out, messages written to `out`.
 *
 * ECHO and READ_SYNC are answered here, so are requests that no server could serve (unknown commands, names that are
 * no names, peers older than 4.4).
 *
 * @see epics-base modules/database/src/ioc/rsrv/camessage.c and modules/ca/src/client/tcpiiu.cpp
 */
export class CaCircuit {
  readonly role: CircuitRole;
  readonly out: SendBuffer;
  /** Header of the message being delivered; copy it to keep it. */
  readonly header: MessageHeader;
  readonly watch: CircuitWatch;
  readonly #server: ServerCircuitHandler | undefined;
  readonly #client: ClientCircuitHandler | undefined;
  readonly #framer: Framer;
  readonly #reader: BytesReader;
  readonly #maxPayloadBytes: number;
  readonly #maxMessageBytes: number;
  readonly #cancelling: Set<number>;
  #state: CircuitState;
  #minor: number;
  #unknownCount: number;
  #messagesIn: number;
  #messagesOut: number;
  #bytesIn: number;
  #isPaused: boolean;
  /** Input that arrived while paused. */
  #waiting: Uint8Array[];

  constructor(role: 'server', handler: ServerCircuitHandler, out: SendBuffer, options?: CircuitOptions);
  constructor(role: 'client', handler: ClientCircuitHandler, out: SendBuffer, options?: CircuitOptions);
  constructor(
    role: CircuitRole,
    handler: ServerCircuitHandler | ClientCircuitHandler,
    out: SendBuffer,
    options: CircuitOptions = {},
  ) {
    this.role = role;
    this.out = out;
    this.out.littleEndian = false;
    this.#server = role === 'server' ? (handler as ServerCircuitHandler) : undefined;
    const client = role === 'client' ? (handler as ClientCircuitHandler) : undefined;
    this.#client = client;
    this.watch = new CircuitWatch(
      {
        probe: () => this.#probe(),
        onUnresponsive: () => client?.onUnresponsive(),
        onResponsive: () => client?.onResponsive(),
      },
      { idleMs: options.idleMs ?? DEFAULT_IDLE_MS, probeMs: options.probeMs ?? DEFAULT_PROBE_MS },
    );
    this.#framer = new Framer({
      onHeader: (header) => this.#onHeader(header),
      onMessage: (header, bytes, start, end, isOwned) => this.#onMessage(header, bytes, start, end, isOwned),
    });
    this.header = this.#framer.header;
    this.#reader = new BytesReader(EMPTY, false);
    this.#maxMessageBytes = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
    this.#maxPayloadBytes = Math.min(options.maxPayloadBytes ?? this.#maxMessageBytes, this.#maxMessageBytes);
    this.#cancelling = new Set();
    this.#state = 'open';
    this.#minor = 0;
    this.#unknownCount = 0;
    this.#messagesIn = 0;
    this.#messagesOut = 0;
    this.#bytesIn = 0;
    this.#isPaused = false;
    this.#waiting = [];
  }

  /** The peer's minor version, clipped to ours; 0 until it has said so. */
  get minor(): number {
    return this.#minor;
  }
  get state(): CircuitState {
    return this.#state;
  }
  get messagesIn(): number {
    return this.#messagesIn;
  }
  get messagesOut(): number {
    return this.#messagesOut;
  }
  get bytesIn(): number {
    return this.#bytesIn;
  }

  /**
   * Takes bytes from the peer and calls the handler for each whole message in order.
   *
   * @param nowMs ms on the owner's clock, for the watch.
   */
  receive(chunk: Uint8Array, nowMs = 0): void {
    if (this.#state === 'closed') return;
    this.#bytesIn += chunk.length;
    if (this.#client !== undefined) this.watch.heard(nowMs);
    if (this.#isPaused) {
      this.#waiting.push(chunk.slice());
      return;
    }
    const taken = this.#framer.push(chunk);
    if (this.#isPaused && taken < chunk.length) this.#waiting.push(chunk.slice(taken));
  }

  /** Delivers no further message until `resume`, not even of the chunk being taken; the rest is kept. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Delivers what was kept, then takes input again. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    while (this.#waiting.length > 0 && this.#state === 'open') {
      const chunk = this.#waiting.shift() as Uint8Array;
      const taken = this.#framer.push(chunk);
      // A handler may have paused again.
      if (!this.#isPaused) continue;
      if (taken < chunk.length) this.#waiting.unshift(chunk.subarray(taken));
      return;
    }
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** ms on the owner's clock when `tick` has something to do; Infinity when nothing is due. */
  get nextDeadline(): number {
    return this.watch.deadline;
  }

  /** Does what is due at `nowMs`. May write and call the handler. */
  tick(nowMs: number): void {
    if (this.#state === 'open') this.watch.tick(nowMs);
  }

  /** Ignores all input from now on. Allowed from inside a handler call. */
  close(): void {
    this.#state = 'closed';
    this.#waiting.length = 0;
  }

  /** Tells whether the peer understands a message of this size and count. */
  canCarry(payloadBytes: number, count: number): boolean {
    return this.#minor >= 9 || !needsExtended(padded(payloadBytes), count);
  }

  // ---- messages of both ends ----

  /** @param priority of the circuit, from a client; 0 from a server. */
  version(priority = 0): void {
    this.#put(CMD_VERSION, priority, MINOR_VERSION, 0, 0);
  }
  echo(): void {
    this.#put(CMD_ECHO, 0, 0, 0, 0);
  }
  readSync(): void {
    this.#put(CMD_READ_SYNC, 0, 0, 0, 0);
  }

  // ---- messages of a client ----

  clientName(name: string): void {
    this.#putText('client', CMD_CLIENT_NAME, 0, 0, 0, 0, name);
  }
  hostName(name: string): void {
    this.#putText('client', CMD_HOST_NAME, 0, 0, 0, 0, name);
  }
  createChannel(cid: number, name: string): void {
    this.#putText('client', CMD_CREATE_CHAN, 0, 0, cid, MINOR_VERSION, name);
  }
  search(cid: number, name: string, wantsNotFound = false): void {
    this.#putText('client', CMD_SEARCH, wantsNotFound ? DOREPLY : DONTREPLY, MINOR_VERSION, cid, cid, name);
  }
  clearChannel(sid: number, cid: number): void {
    this.#check('client', CMD_CLEAR_CHANNEL);
    this.#put(CMD_CLEAR_CHANNEL, 0, 0, sid, cid);
  }
  eventAdd(sid: number, subscriptionId: number, dbrType: number, count: number, mask: number): void {
    this.#check('client', CMD_EVENT_ADD);
    this.#begin(CMD_EVENT_ADD, dbrType, count, sid, subscriptionId, 16);
    const at = this.out.claim(16);
    this.out.bytes.fill(0, at, at + 16);
    this.out.view.setUint16(at + 12, mask);
  }
  eventCancel(sid: number, subscriptionId: number, dbrType: number, count: number): void {
    this.#check('client', CMD_EVENT_CANCEL);
    this.#begin(CMD_EVENT_CANCEL, dbrType, count, sid, subscriptionId, 0);
    this.#cancelling.add(subscriptionId);
  }
  read(sid: number, ioid: number, dbrType: number, count: number): void {
    this.#check('client', CMD_READ);
    this.#begin(CMD_READ, dbrType, count, sid, ioid, 0);
  }
  readNotify(sid: number, ioid: number, dbrType: number, count: number): void {
    this.#check('client', CMD_READ_NOTIFY);
    this.#begin(CMD_READ_NOTIFY, dbrType, count, sid, ioid, 0);
  }
  /** @param payload the value, padded here; unchanged until the flush when it is large. */
  write(sid: number, cid: number, dbrType: number, count: number, payload: Uint8Array): void {
    this.#check('client', CMD_WRITE);
    this.#putPayload(CMD_WRITE, dbrType, count, sid, cid, payload);
  }
  /** @param payload as in `write`. */
  writeNotify(sid: number, ioid: number, dbrType: number, count: number, payload: Uint8Array): void {
    this.#check('client', CMD_WRITE_NOTIFY);
    this.#putPayload(CMD_WRITE_NOTIFY, dbrType, count, sid, ioid, payload);
  }
  eventsOff(): void {
    this.#check('client', CMD_EVENTS_OFF);
    this.#put(CMD_EVENTS_OFF, 0, 0, 0, 0);
  }
  eventsOn(): void {
    this.#check('client', CMD_EVENTS_ON);
    this.#put(CMD_EVENTS_ON, 0, 0, 0, 0);
  }

  // ---- messages of a server ----

  accessRights(cid: number, rights: number): void {
    this.#check('server', CMD_ACCESS_RIGHTS);
    this.#put(CMD_ACCESS_RIGHTS, 0, 0, cid, rights);
  }
  createChannelReply(cid: number, sid: number, dbrType: number, count: number): void {
    this.#check('server', CMD_CREATE_CHAN);
    // Older peers have no extended header: they are offered what they can count.
    const offered = this.#minor >= 9 ? count : Math.min(count, MAX_STANDARD_COUNT);
    this.#begin(CMD_CREATE_CHAN, dbrType, offered, cid, sid, 0);
  }
  createFailed(cid: number): void {
    this.#check('server', CMD_CREATE_CH_FAIL);
    this.#put(CMD_CREATE_CH_FAIL, 0, 0, cid, 0);
  }
  serverDisconnect(cid: number): void {
    this.#check('server', CMD_SERVER_DISCONN);
    this.#put(CMD_SERVER_DISCONN, 0, 0, cid, 0);
  }
  clearChannelReply(sid: number, cid: number): void {
    this.#check('server', CMD_CLEAR_CHANNEL);
    this.#put(CMD_CLEAR_CHANNEL, 0, 0, sid, cid);
  }
  /** @param payload the DBR value, padded here; unchanged until the flush when it is large. */
  eventAddReply(
    subscriptionId: number,
    dbrType: number,
    count: number,
    status: number,
    payload: Uint8Array,
  ): void {
    this.#check('server', CMD_EVENT_ADD);
    this.#putPayload(CMD_EVENT_ADD, dbrType, count, status, subscriptionId, payload);
  }
  eventCancelReply(sid: number, subscriptionId: number, dbrType: number, count: number): void {
    this.#check('server', CMD_EVENT_ADD);
    this.#begin(CMD_EVENT_ADD, dbrType, count, sid, subscriptionId, 0);
  }
  /** Reply to the deprecated READ. @param payload as in `eventAddReply`. */
  readReply(cid: number, ioid: number, dbrType: number, count: number, payload: Uint8Array): void {
    this.#check('server', CMD_READ);
    this.#putPayload(CMD_READ, dbrType, count, cid, ioid, payload);
  }
  /** @param payload as in `eventAddReply`. */
  readNotifyReply(ioid: number, dbrType: number, count: number, status: number, payload: Uint8Array): void {
    this.#check('server', CMD_READ_NOTIFY);
    this.#putPayload(CMD_READ_NOTIFY, dbrType, count, status, ioid, payload);
  }
  writeNotifyReply(ioid: number, dbrType: number, count: number, status: number): void {
    this.#check('server', CMD_WRITE_NOTIFY);
    this.#begin(CMD_WRITE_NOTIFY, dbrType, count, status, ioid, 0);
  }
  /** @param address IPv4 as number; 0xffffffff: the address of this circuit. */
  searchReply(cid: number, port: number, address: number): void {
    this.#check('server', CMD_SEARCH);
    this.#put(CMD_SEARCH, port, 0, address, cid);
  }
  notFound(request: Readonly<MessageHeader>): void {
    this.#check('server', CMD_NOT_FOUND);
    this.#put(CMD_NOT_FOUND, request.dataType, request.count, request.p1, request.p2);
  }
  /**
   * Writes ERROR with `request` quoted as it was received.
   *
   * @param cid of the channel, 0xffffffff when the failure belongs to none.
   * @param text cut so that the payload stays within 512 bytes.
   */
  error(cid: number, eca: number, request: Readonly<MessageHeader>, text: string): void {
    this.#check('server', CMD_ERROR);
    const headerBytes = request.isExtended ? EXTENDED_HEADER_BYTES : HEADER_BYTES;
    const shown = cutUtf8(text, MAX_ERROR_PAYLOAD - headerBytes - 1);
    const textBytes = utf8Length(shown);
    const total = padded(headerBytes + textBytes + 1);
    this.#begin(CMD_ERROR, 0, 0, cid, eca, total);
    writeHeaderAsReceived(this.out, request);
    const rest = total - headerBytes;
    const at = this.out.claim(rest);
    writeUtf8(shown, this.out.bytes, at);
    this.out.bytes.fill(0, at + textBytes, at + rest);
  }

  // ---- input ----

  #onHeader(header: MessageHeader): FrameAction {
    if (this.#state === 'closed') return FrameAction.Stop;
    const { payloadBytes } = header;
    if (payloadBytes % 8 !== 0) {
      if (this.#server !== undefined)
        this.error(0xffff_ffff, ECA_INTERNAL, header, 'payload size is not a multiple of 8');
      return this.#fail(`payload of ${payloadBytes} bytes is not a multiple of 8`, header);
    }
    if (payloadBytes > this.#maxPayloadBytes) {
      const limit = `payload of ${payloadBytes} bytes exceeds the limit of ${this.#maxPayloadBytes}`;
      if (this.#server !== undefined) this.error(0xffff_ffff, ECA_TOLARGE, header, limit);
      if (payloadBytes > this.#maxMessageBytes) return this.#fail(limit, header);
      this.#client?.onTooLarge(header);
      return FrameAction.Skip;
    }
    return FrameAction.Deliver;
  }

  #fail(reason: string, header: MessageHeader): FrameAction {
    this.fail(`${commandName(header.command)}: ${reason}`);
    return FrameAction.Stop;
  }

  /** Closes the circuit for a violation of the protocol and tells the handler once. */
  fail(reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const handler = this.#server ?? this.#client;
    handler?.onProtocolError(new ProtocolError(reason, this.#bytesIn));
  }

  #onMessage(
    header: MessageHeader,
    bytes: Uint8Array,
    start: number,
    end: number,
    isOwned: boolean,
  ): boolean {
    if (this.#state === 'closed') return false;
    this.#messagesIn++;
    if (!isLegal(this.role, this.#state, header.command)) return this.#onUnknown(header);
    this.#unknownCount = 0;
    const payload = this.#reader.reset(bytes, start, end, isOwned);
    try {
      if (header.command === CMD_VERSION) this.#onVersion(header);
      else if (this.#server !== undefined) dispatchToServer(this, this.#server, header, payload);
      else if (this.#client !== undefined) this.#toClient(this.#client, header, payload);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.fail(`${commandName(header.command)}: ${error.message}`);
    }
    return (this.#state as CircuitState) === 'open' && !this.#isPaused;
  }

  #onUnknown(header: MessageHeader): boolean {
    if (++this.#unknownCount > MAX_UNKNOWN) {
      this.fail(`${this.#unknownCount} unknown commands in a row, the last ${header.command}`);
      return false;
    }
    if (this.#server !== undefined) {
      this.error(0xffff_ffff, ECA_INTERNAL, header, `unknown command ${header.command}`);
    }
    return !this.#isPaused;
  }

  #onVersion(header: MessageHeader): void {
    const handler = this.#server ?? this.#client;
    if (this.#server !== undefined && header.dataType > 99) {
      this.fail(`priority ${header.dataType} is above 99`);
      return;
    }
    if (header.count < MIN_MINOR_VERSION) {
      if (this.#server !== undefined) {
        this.error(0xffff_ffff, ECA_DEFUNCT, header, `protocol version 4.${header.count} is too old`);
        this.fail(`protocol version 4.${header.count} is too old`);
      }
      return;
    }
    // A server's answer in the middle of a circuit does not take back what it could do before.
    this.#minor = Math.max(this.#minor, Math.min(header.count, MINOR_VERSION));
    handler?.onVersion(header.dataType, this.#minor);
  }

  #toClient(handler: ClientCircuitHandler, header: MessageHeader, payload: BytesReader): void {
    if (header.command === CMD_EVENT_ADD && this.#cancelling.size > 0 && this.#cancelling.has(header.p2)) {
      // Late updates of a cancelled subscription end here; an empty message confirms the cancel.
      if (header.payloadBytes > 0) return;
      this.#cancelling.delete(header.p2);
      handler.onEventCancelled(header.p2);
      return;
    }
    dispatchToClient(handler, header, payload);
  }

  /** Takes the version that CREATE_CHAN carries when no VERSION came before it. */
  assumeMinor(minor: number): void {
    if (this.#minor === 0) this.#minor = Math.min(minor, MINOR_VERSION);
  }

  /** Echoes the message being delivered whole. */
  echoBack(payload: BytesReader): void {
    const { command, dataType, count, p1, p2, payloadBytes } = this.header;
    this.#begin(command, dataType, count, p1, p2, payloadBytes);
    if (payloadBytes > 0) this.out.raw(payload.window(payloadBytes));
  }

  // ---- output ----

  #probe(): void {
    if (this.#minor > 0 && this.#minor < 3) this.readSync();
    else this.echo();
  }

  #check(role: CircuitRole, command: number): void {
    if (this.role !== role) {
      throw new ProtocolMisuseError(
        `${commandName(command)} in this form is not a message of a ${this.role}`,
      );
    }
  }

  #put(command: number, dataType: number, count: number, p1: number, p2: number): void {
    this.#begin(command, dataType, count, p1, p2, 0);
  }

  #begin(
    command: number,
    dataType: number,
    count: number,
    p1: number,
    p2: number,
    payloadBytes: number,
  ): void {
    if (this.#minor < 9 && (payloadBytes > MAX_STANDARD_PAYLOAD || count > MAX_STANDARD_COUNT)) {
      throw new ProtocolMisuseError(
        `${commandName(command)} of ${payloadBytes} bytes and count ${count} needs the extended header, the peer speaks 4.${this.#minor}`,
      );
    }
    this.#messagesOut++;
    writeHeader(this.out, command, dataType, count, p1, p2, payloadBytes);
  }

  #putPayload(
    command: number,
    dataType: number,
    count: number,
    p1: number,
    p2: number,
    payload: Uint8Array,
  ): void {
    const total = padded(payload.length);
    this.#begin(command, dataType, count, p1, p2, total);
    this.out.data(payload);
    if (total > payload.length) this.out.zeros(total - payload.length);
  }

  #putText(
    role: CircuitRole,
    command: number,
    dataType: number,
    count: number,
    p1: number,
    p2: number,
    text: string,
  ): void {
    this.#check(role, command);
    const bytes = utf8Length(text);
    const total = padded(bytes + 1);
    this.#begin(command, dataType, count, p1, p2, total);
    const at = this.out.claim(total);
    writeUtf8(text, this.out.bytes, at);
    this.out.bytes.fill(0, at + bytes, at + total);
  }
}
