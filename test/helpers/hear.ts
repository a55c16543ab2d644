import { createHash } from 'node:crypto';
import {
  CaCircuit,
  type CaCommand,
  CommandRecorder,
  decodeDbr,
  ECA_NORMAL,
  isDbrType,
} from '../../src/ca/core/index.ts';
import {
  CMD_GET,
  CMD_MONITOR,
  CMD_PUT,
  CMD_PUT_GET,
  isSuccess,
  type Status,
} from '../../src/pva/core/index.ts';
import { FieldDesc, readBitSet, toPlain, Value } from '../../src/pvdata/index.ts';
import { toHex } from '../../src/testing/index.ts';
import { BytesReader, ProtocolError, SendBuffer } from '../../src/util/index.ts';
import { RecordingClient, RecordingServer } from '../unit/pva/core/peers.ts';

const SUB_GET = 0x40;
const SUB_GET_PUT = 0x80;
/** Longer arrays are described by a digest. */
const SHOWN_BYTES = 256;

/** A receiver of one direction of a stream. */
export interface Receiver {
  feed(chunk: Uint8Array): void;
  /** One line of text for each message received so far. */
  lines(): string[];
}

/** A decoded value of an operation, in place of the body that has it. */
interface DecodedBody {
  readonly type: 'value';
  readonly command: number;
  readonly ioid: number;
  readonly subcommand: number;
  readonly value: Value;
  readonly overrun?: readonly number[];
}

function plain(_key: string, x: unknown): unknown {
  if (x instanceof Value) {
    return { id: x.desc.id, marks: [...x.marks], content: toPlain(x, { int64: 'bigint' }) };
  }
  if (x instanceof FieldDesc) return String(x);
  if (typeof x === 'bigint') return `${x}n`;
  if (typeof x === 'number' && !Number.isFinite(x)) return String(x);
  if (x instanceof Error) return `${x.name}: ${x.message}`;
  if (ArrayBuffer.isView(x)) {
    const bytes = new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
    const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    if (bytes.length > SHOWN_BYTES) return `${x.constructor.name} of ${bytes.length} bytes, sha256 ${digest}`;
    return x instanceof Uint8Array ? toHex(x) : Array.from(x as unknown as ArrayLike<unknown>);
  }
  return x;
}

function line(entry: object): string {
  return JSON.stringify(entry, plain);
}

/** The types that a server told a client, per operation and INIT, from the server's direction of the session. */
export type SessionTypes = ReadonlyMap<number, readonly (FieldDesc | null)[]>;

/** A PVA client's end that decodes every value it is sent, and takes bytes left over behind one as a fault. */
export class DecodingClient extends RecordingClient implements Receiver {
  readonly types = new Map<number, (FieldDesc | null)[]>();
  readonly #current = new Map<string, FieldDesc>();
  readonly #decoded: (DecodedBody | RecordingClient['commands'][number])[] = [];

  override onInit(
    command: number,
    ioid: number,
    status: Status,
    type: FieldDesc | null,
    secondType: FieldDesc | null,
  ): void {
    super.onInit(command, ioid, status, type, secondType);
    const known = this.types.get(ioid) ?? [];
    known.push(type);
    this.types.set(ioid, known);
    if (type !== null) this.#current.set(`put ${ioid}`, type);
    if (type !== null) this.#current.set(`get ${ioid}`, secondType ?? type);
  }
  override onGet(ioid: number, subcommand: number, status: Status, body: BytesReader): void {
    if (isSuccess(status)) this.#value(CMD_GET, 'get', ioid, subcommand, body);
    else super.onGet(ioid, subcommand, status, body);
  }
  override onPut(ioid: number, subcommand: number, status: Status, body: BytesReader): void {
    if (isSuccess(status) && (subcommand & SUB_GET) !== 0)
      this.#value(CMD_PUT, 'put', ioid, subcommand, body);
    else super.onPut(ioid, subcommand, status, body);
  }
  override onPutGet(ioid: number, subcommand: number, status: Status, body: BytesReader): void {
    const kind = (subcommand & SUB_GET_PUT) !== 0 ? 'put' : 'get';
    if (isSuccess(status)) this.#value(CMD_PUT_GET, kind, ioid, subcommand, body);
    else super.onPutGet(ioid, subcommand, status, body);
  }
  override onMonitor(ioid: number, body: BytesReader): void {
    this.#value(CMD_MONITOR, 'get', ioid, 0, body);
  }
  override onMonitorFinished(ioid: number, status: Status, body: BytesReader): void {
    if (body.remaining > 0) this.#value(CMD_MONITOR, 'get', ioid, 0x10, body);
    super.onMonitorFinished(ioid, status, body);
  }

  lines(): string[] {
    this.#collect();
    return this.#decoded.map(line);
  }

  /** Takes over what the recorder has got, so that all keeps its order. */
  #collect(): void {
    this.#decoded.push(...this.commands.splice(0));
  }

  #value(command: number, kind: 'get' | 'put', ioid: number, subcommand: number, body: BytesReader): void {
    const desc = this.#current.get(`${kind} ${ioid}`);
    if (desc === undefined) throw new ProtocolError(`a value for operation ${ioid}, which has no type`);
    const value = this.connection.readMasked(body, desc);
    this.#collect();
    const head = { type: 'value', command, ioid, subcommand, value } as const;
    if (command === CMD_MONITOR) this.#decoded.push({ ...head, overrun: [...readBitSet(body)] });
    else this.#decoded.push(head);
    if (body.remaining > 0)
      throw new ProtocolError(`${body.remaining} bytes behind the value of operation ${ioid}`);
  }
}

/** A PVA server's end that decodes every value it is sent. */
export class DecodingServer extends RecordingServer implements Receiver {
  readonly #types: SessionTypes;
  readonly #inits = new Map<number, number>();
  readonly #decoded: (DecodedBody | RecordingServer['commands'][number])[] = [];

  constructor(types: SessionTypes) {
    super();
    this.#types = types;
  }

  override onInit(
    command: number,
    sid: number,
    ioid: number,
    subcommand: number,
    pvRequest: Value | null,
    freeCount: number,
  ): void {
    super.onInit(command, sid, ioid, subcommand, pvRequest, freeCount);
    this.#inits.set(ioid, (this.#inits.get(ioid) ?? 0) + 1);
  }
  override onPut(sid: number, ioid: number, subcommand: number, body: BytesReader): void {
    if ((subcommand & SUB_GET) === 0) this.#value(CMD_PUT, ioid, subcommand, body);
    else super.onPut(sid, ioid, subcommand, body);
  }
  override onPutGet(sid: number, ioid: number, subcommand: number, body: BytesReader): void {
    if ((subcommand & (SUB_GET | SUB_GET_PUT)) === 0) this.#value(CMD_PUT_GET, ioid, subcommand, body);
    else super.onPutGet(sid, ioid, subcommand, body);
  }

  lines(): string[] {
    this.#collect();
    return this.#decoded.map(line);
  }

  #collect(): void {
    this.#decoded.push(...this.commands.splice(0));
  }

  #value(command: number, ioid: number, subcommand: number, body: BytesReader): void {
    const desc = this.#types.get(ioid)?.[(this.#inits.get(ioid) ?? 0) - 1];
    if (desc === undefined || desc === null)
      throw new ProtocolError(`a put to operation ${ioid}, which has no type`);
    const value = this.connection.readMasked(body, desc);
    this.#collect();
    this.#decoded.push({ type: 'value', command, ioid, subcommand, value });
    if (body.remaining > 0)
      throw new ProtocolError(`${body.remaining} bytes behind the put of operation ${ioid}`);
  }
}

/** One end of a Channel Access circuit that decodes every value it is sent. */
export class DecodingCircuit implements Receiver {
  readonly #recorder = new CommandRecorder();
  readonly #circuit: CaCircuit;

  constructor(role: 'client' | 'server') {
    const out = new SendBuffer();
    this.#circuit =
      role === 'client'
        ? new CaCircuit('client', this.#recorder, out)
        : new CaCircuit('server', this.#recorder, out);
  }

  feed(chunk: Uint8Array): void {
    this.#circuit.receive(chunk);
  }
  lines(): string[] {
    return this.#recorder.commands.map((command) => line(withValues(command)));
  }
}

function withValues(command: CaCommand): object {
  if (!('payload' in command) || !isDbrType(command.dbrType)) return command;
  const { payload, ...rest } = command;
  // Failures and the end of a subscription come without a value.
  if (payload.length === 0 || ('status' in command && command.status !== ECA_NORMAL)) return command;
  const { values } = decodeDbr(new BytesReader(payload, false), command.dbrType, command.count);
  return { ...rest, payload, values };
}

/** What both ends of a TCP stream said. */
export interface Session {
  readonly protocol: 'ca' | 'pva';
  bytesFrom(from: 'client' | 'server'): Uint8Array;
}

/** Makes receivers for what one end of a session sent; each is fresh. */
export function receiverMaker(session: Session, from: 'client' | 'server'): () => Receiver {
  if (session.protocol === 'ca') return () => new DecodingCircuit(from === 'client' ? 'server' : 'client');
  if (from === 'server') return () => new DecodingClient();
  const client = new DecodingClient();
  client.feed(session.bytesFrom('server'));
  return () => new DecodingServer(client.types);
}
