import { type DecodeLimits, defaultDecodeLimits, TypeCache } from '../../pvdata/index.ts';
import {
  BytesReader,
  type BytesWriter,
  InternalError,
  isEpicsError,
  ProtocolError,
  ProtocolMisuseError,
  ReceiveBuffer,
  type SendBuffer,
  toError,
} from '../../util/index.ts';
import {
  ANNOUNCED_REGISTRY_SIZE,
  CMD_ECHO,
  CTRL_ECHO_REQUEST,
  CTRL_ECHO_RESPONSE,
  CTRL_SET_ENDIAN,
  commandName,
  FLAG_BIG_ENDIAN,
  FLAG_CONTROL,
  FLAG_FROM_SERVER,
  FLAG_SEGMENT_MASK,
  HEADER_BYTES,
  PVA_MAGIC,
  PVA_VERSION,
} from './constants.ts';
import { messageLength, payloadSize, writeControl } from './header.ts';
import { compileRules, type PvaRole, type PvaState, Verdict } from './rules.ts';
import { SegmentAssembler } from './segments.ts';

/** Limits and times of a connection; all have safe defaults. */
export interface PvaConnectionOptions {
  /** Largest payload of a message, segmented or not, in bytes. Default 256 MiB. */
  readonly maxMessageBytes?: number;
  /** The same before the connection is open. Default 64 KiB. */
  readonly maxGreetingBytes?: number;
  /** Entries of the type cache. Default 0x7FFF, what we announce. */
  readonly maxCachedTypes?: number;
  readonly decodeLimits?: DecodeLimits;
  /** Close when nothing arrived for this long, in ms. Default 40 000: EPICS_PVA_CONN_TMO × 4/3. */
  readonly idleTimeoutMs?: number;
  /** Close when the connection is not open after this long, in ms. Default 10 000 (server), 5000 (client). */
  readonly greetingTimeoutMs?: number;
  /** Clock reading at the start, in ms: times of `tick` count on the same clock. Default 0. */
  readonly startMs?: number;
}

/** What both ends of a connection are told. Arguments are valid until the method returns. */
export interface PvaCommonHandler {
  /** An ECHO arrived (client: the server's answer). The server core has answered it already. */
  onEcho(body: BytesReader): void;
  /** Text about an operation, for its log; `type` 0 info, 1 warning, 2 error, 3 fatal. */
  onMessage(ioid: number, type: number, text: string): void;
  /**
   * The peer broke the protocol, stayed silent too long, or our own code failed (cause is set): the connection is dead
   * and ignores further input. `dump`: the first bytes of the message at fault.
   */
  onProtocolError(error: ProtocolError, dump: Uint8Array): void;
}

const rulesOf = { client: compileRules('client'), server: compileRules('server') };

const DUMP_BYTES = 64;
const MIB = 1024 * 1024;
// Reading the clock per chunk would cost more than it gives: silence is noticed in steps of this part of the time-out.
const IDLE_STEPS = 8;

/**
 * One TCP connection of PVAccess without its socket: bytes in by `receive`, time by `tick`, commands by the methods of
 * the subclasses, bytes out into `out`, everything else to the handler. The peer's bytes never make it throw.
 *
 * Handlers may call command methods and `close` from inside any callback.
 */
export abstract class PvaConnection {
  readonly role: PvaRole;
  /** Where commands are written; the owner flushes it. */
  readonly out: SendBuffer;
  readonly decodeLimits: DecodeLimits;
  /** Types that the peer has defined. */
  readonly types: TypeCache;
  /** Bytes and messages received. */
  bytesIn = 0;
  messagesIn = 0;
  messagesOut = 0;
  readonly #handler: PvaCommonHandler;
  readonly #rules: Readonly<Record<PvaState, Uint8Array>>;
  readonly #receive: ReceiveBuffer;
  readonly #segments: SegmentAssembler;
  readonly #reader: BytesReader;
  readonly #flags: number;
  readonly #maxMessageBytes: number;
  readonly #maxGreetingBytes: number;
  readonly #idleTimeoutMs: number;
  readonly #greetingEndMs: number;
  #state: PvaState = 'greeting';
  #verdicts: Uint8Array;
  #wasHeard = false;
  #heardMs: number;
  #idleCheckMs: number;
  #bodyStart = 0;

  protected constructor(
    role: PvaRole,
    handler: PvaCommonHandler,
    out: SendBuffer,
    options: PvaConnectionOptions,
  ) {
    const startMs = options.startMs ?? 0;
    this.role = role;
    this.out = out;
    this.decodeLimits = options.decodeLimits ?? defaultDecodeLimits;
    this.types = new TypeCache(options.maxCachedTypes ?? ANNOUNCED_REGISTRY_SIZE);
    this.#handler = handler;
    this.#rules = rulesOf[role];
    this.#verdicts = this.#rules.greeting;
    this.#maxMessageBytes = options.maxMessageBytes ?? 256 * MIB;
    this.#maxGreetingBytes = Math.min(options.maxGreetingBytes ?? 64 * 1024, this.#maxMessageBytes);
    const isPeerServer = role === 'client';
    this.#receive = new ReceiveBuffer(HEADER_BYTES, (bytes, start, available) =>
      messageLength(
        bytes,
        start,
        available,
        isPeerServer,
        this.#state === 'open' ? this.#maxMessageBytes : this.#maxGreetingBytes,
      ),
    );
    this.#segments = new SegmentAssembler(this.#maxMessageBytes);
    this.#reader = new BytesReader(new Uint8Array(0));
    this.#flags = role === 'server' ? FLAG_FROM_SERVER : 0;
    this.#idleTimeoutMs = options.idleTimeoutMs ?? 40_000;
    this.#greetingEndMs = startMs + (options.greetingTimeoutMs ?? (role === 'server' ? 10_000 : 5000));
    this.#heardMs = startMs;
    this.#idleCheckMs = startMs + this.#idleTimeoutMs / IDLE_STEPS;
  }

  get state(): PvaState {
    return this.#state;
  }

  /** Whether messages are still read and written. */
  get isAlive(): boolean {
    return this.#state !== 'failed' && this.#state !== 'closed';
  }

  /** When `tick` wants to be called next, in ms on the owner's clock. */
  get nextDeadline(): number {
    if (!this.isAlive) return Number.POSITIVE_INFINITY;
    if (this.#state !== 'open') return Math.min(this.#greetingEndMs, this.#idleCheckMs);
    return this.#idleCheckMs;
  }

  /** Takes bytes from the peer and calls the handler for each whole message, in order. */
  receive(chunk: Uint8Array): void {
    if (!this.isAlive) return;
    this.bytesIn += chunk.length;
    this.#wasHeard = true;
    try {
      this.#receive.push(chunk, this.#deliver);
    } catch (error) {
      this.#fail(error, chunk.subarray(0, DUMP_BYTES));
    }
  }

  /** Lets time pass: ends a connection that is silent or not open in time. */
  tick(nowMs: number): void {
    if (!this.isAlive) return;
    if (this.#wasHeard) {
      this.#wasHeard = false;
      this.#heardMs = nowMs;
    }
    if (this.#state !== 'open' && nowMs >= this.#greetingEndMs) {
      this.#fail(new ProtocolError('the connection was not validated in time'), new Uint8Array(0));
      return;
    }
    const silentMs = nowMs - this.#heardMs;
    if (silentMs >= this.#idleTimeoutMs) {
      const seconds = Math.round(silentMs / 1000);
      this.#fail(new ProtocolError(`nothing arrived for ${seconds} s`), new Uint8Array(0));
      return;
    }
    if (nowMs >= this.#idleCheckMs) this.#idleCheckMs = nowMs + this.#idleTimeoutMs / IDLE_STEPS;
  }

  /** Counts as a sign of life: for an owner that does not read for a while. */
  noteActivity(): void {
    this.#wasHeard = true;
  }

  /** Ends the connection: later input is ignored, commands write nothing that would be sent. */
  close(): void {
    if (this.isAlive) this.#enter('closed');
  }

  /** Writes an ECHO. Clients send only empty ones: pvAccessCPP copies a payload before all of it has arrived. */
  echo(payload?: Uint8Array): void {
    const at = this.begin(CMD_ECHO);
    if (payload !== undefined) this.out.raw(payload);
    this.end(at);
  }

  /** Writes a message whose payload `write` writes: for replay and for what has no method of its own. */
  writeMessage(command: number, write: (writer: BytesWriter) => void): void {
    const at = this.begin(command);
    write(this.out);
    this.end(at);
  }

  /** Moves on along the rules. */
  protected enter(state: 'validating' | 'open'): void {
    if (this.isAlive) this.#enter(state);
  }

  #enter(state: PvaState): void {
    this.#state = state;
    this.#verdicts = this.#rules[state];
  }

  /** Decodes one message of the role; `command` is legal in this state. */
  protected abstract dispatch(command: number, body: BytesReader): void;

  /** Sets the order of everything written from now on. */
  protected setByteOrder(littleEndian: boolean): void {
    this.out.littleEndian = littleEndian;
  }

  /** Writes the control message that states our byte order. */
  protected writeSetEndian(): void {
    writeControl(this.out, this.#flags, CTRL_SET_ENDIAN, 0);
  }

  /** Begins a message in `out`; returns what `end` needs. */
  protected begin(command: number): number {
    const out = this.out;
    const at = out.claim(HEADER_BYTES);
    const bytes = out.bytes;
    bytes[at] = PVA_MAGIC;
    bytes[at + 1] = PVA_VERSION;
    bytes[at + 2] = out.littleEndian ? this.#flags : this.#flags | FLAG_BIG_ENDIAN;
    bytes[at + 3] = command;
    this.#bodyStart = out.byteLength;
    return at;
  }

  /** Ends the message that began at `at`. */
  protected end(at: number): void {
    const out = this.out;
    out.patchU32(at + 4, out.byteLength - this.#bodyStart);
    this.messagesOut++;
  }

  /** @throws {ProtocolMisuseError} EPICS_MISUSE unless the connection is open. */
  protected requireOpen(what: string): void {
    if (this.#state !== 'open') {
      throw new ProtocolMisuseError(`${what} on a connection that is ${this.#state}, not open`);
    }
  }

  readonly #deliver = (bytes: Uint8Array, start: number, end: number, isOwned: boolean): boolean => {
    const flags = bytes[start + 2] as number;
    const command = bytes[start + 3] as number;
    if ((flags & FLAG_CONTROL) !== 0) {
      this.#onControl(command, flags, bytes, start);
      return this.isAlive;
    }
    this.messagesIn++;
    const reader = this.#reader;
    try {
      if ((flags & FLAG_SEGMENT_MASK) !== 0) {
        const whole = this.#segments.push(flags, command, bytes.subarray(start + HEADER_BYTES, end));
        if (this.#state !== 'open' && this.#segments.pendingBytes > this.#maxGreetingBytes) {
          throw new ProtocolError(
            `segments of more than ${this.#maxGreetingBytes} bytes before the connection is open`,
            4,
          );
        }
        if (whole === undefined) return true;
        reader.reset(whole, 0, whole.length, true);
      } else {
        if (this.#segments.isOpen) this.#segments.checkWhole(command);
        reader.reset(bytes, start + HEADER_BYTES, end, isOwned);
      }
      const verdict = this.#verdicts[command];
      if (verdict === Verdict.Skip) return true;
      if (verdict === Verdict.Violation) {
        throw new ProtocolError(`not allowed while the connection is ${this.#state}`, 3);
      }
      reader.littleEndian = (flags & FLAG_BIG_ENDIAN) === 0;
      this.dispatch(command, reader);
      if (reader.misalignment > 0) {
        if (isOwned) this.#receive.realign(reader.misalignment);
        reader.misalignment = 0;
      }
    } catch (error) {
      this.#fail(error, bytes.subarray(start, Math.min(end, start + DUMP_BYTES)), command);
    }
    return this.isAlive;
  };

  #onControl(command: number, flags: number, bytes: Uint8Array, start: number): void {
    if (command === CTRL_SET_ENDIAN) {
      if (this.role === 'client') this.setByteOrder((flags & FLAG_BIG_ENDIAN) === 0);
    } else if (command === CTRL_ECHO_REQUEST) {
      writeControl(this.out, this.#flags, CTRL_ECHO_RESPONSE, payloadSize(bytes, start, flags));
    }
  }

  #fail(error: unknown, dump: Uint8Array, command?: number): void {
    if (!this.isAlive) return;
    this.#enter('failed');
    this.#segments.clear();
    const where = command === undefined ? '' : `${commandName(command)}: `;
    this.#handler.onProtocolError(describe(error, where), dump);
  }
}

function describe(error: unknown, where: string): ProtocolError {
  if (isEpicsError(error, 'EPICS_PROTOCOL')) {
    return new ProtocolError(where + error.message, error instanceof ProtocolError ? error.offset : -1);
  }
  // Limits of the decoder are the peer's fault; anything else is ours, and must not take the process down.
  if (isEpicsError(error, 'EPICS_LIMIT')) return new ProtocolError(where + error.message);
  const cause = new InternalError(where + toError(error).message, { cause: error });
  return new ProtocolError(cause.message, -1, { cause });
}
