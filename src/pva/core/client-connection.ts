import {
  decodeAny,
  decodeMasked,
  decodeType,
  encodeAny,
  encodeMasked,
  type FieldDesc,
  readSize,
  readString,
  type Value,
  writeString,
} from '../../pvdata/index.ts';
import {
  type BitSet,
  type BytesReader,
  type BytesWriter,
  ProtocolError,
  type SendBuffer,
} from '../../util/index.ts';
import { type PvaCommonHandler, PvaConnection, type PvaConnectionOptions } from './connection.ts';
import {
  ANNOUNCED_BUFFER_BYTES,
  ANNOUNCED_REGISTRY_SIZE,
  CMD_ACL_CHANGE,
  CMD_ARRAY,
  CMD_CANCEL_REQUEST,
  CMD_CONNECTION_VALIDATED,
  CMD_CONNECTION_VALIDATION,
  CMD_CREATE_CHANNEL,
  CMD_DESTROY_CHANNEL,
  CMD_DESTROY_REQUEST,
  CMD_ECHO,
  CMD_GET,
  CMD_GET_FIELD,
  CMD_MESSAGE,
  CMD_MONITOR,
  CMD_PROCESS,
  CMD_PUT,
  CMD_PUT_GET,
  CMD_RPC,
  CMD_SEARCH,
  CMD_SEARCH_RESPONSE,
  SUB_DESTROY,
  SUB_GET,
  SUB_GET_PUT,
  SUB_INIT,
  SUB_PIPELINE,
  SUB_START,
  SUB_START_STOP,
} from './constants.ts';
import { isSuccess, readStatus, type Status } from './status.ts';

/** Owner of the client's end. Arguments, readers above all, are valid only until the method returns. */
export interface PvaClientHandler extends PvaCommonHandler {
  /** The server offers methods in rising preference; answer with `validate`. */
  onConnectionValidation(bufferBytes: number, registrySize: number, methods: readonly string[]): void;
  /** The server's verdict. Failure: close. */
  onConnectionValidated(status: Status): void;
  onCreateChannel(cid: number, sid: number, status: Status): void;
  /** Answer to `destroyChannel`, or the server ended the PV. */
  onDestroyChannel(sid: number, cid: number): void;
  /** Bits `ACL_PUT`, `ACL_PUT_GET`, `ACL_RPC`. */
  onAclChange(cid: number, bits: number): void;
  /** `body` is what follows the header, as in a datagram. */
  onSearchResponse(body: BytesReader): void;
  /** INIT reply. The types are there on success: one for GET, PUT, MONITOR, ARRAY; two (put, get) for PUT_GET. */
  onInit(
    command: number,
    ioid: number,
    status: Status,
    type: FieldDesc | null,
    secondType: FieldDesc | null,
  ): void;
  /** On success read the value with `readMasked`. */
  onGet(ioid: number, subcommand: number, status: Status, body: BytesReader): void;
  /** On success, and `SUB_GET` in the sub-command, read the value with `readMasked`. */
  onPut(ioid: number, subcommand: number, status: Status, body: BytesReader): void;
  /** On success read the value with `readMasked`: of the put type when `SUB_GET_PUT` is set, else of the get type. */
  onPutGet(ioid: number, subcommand: number, status: Status, body: BytesReader): void;
  /** One update: read it with `readMasked`, then the overrun mask with `readBitSet`. */
  onMonitor(ioid: number, body: BytesReader): void;
  /** End of the subscription; a last update follows in `body` when bytes remain. */
  onMonitorFinished(ioid: number, status: Status, body: BytesReader): void;
  onArray(ioid: number, subcommand: number, status: Status, body: BytesReader): void;
  onProcess(ioid: number, subcommand: number, status: Status): void;
  /** `result` is null on failure too. */
  onRpc(ioid: number, subcommand: number, status: Status, result: Value | null): void;
  onGetField(ioid: number, status: Status, type: FieldDesc | null): void;
}

/** Limits and times of the client's end. */
export interface PvaClientConnectionOptions extends PvaConnectionOptions {
  /** Send an ECHO this often, in ms. Default `max(1 s, min(15 s, idleTimeoutMs × 3/8))`. */
  readonly echoPeriodMs?: number;
}

/** The client's end of a PVA connection. */
export class PvaClientConnection extends PvaConnection {
  readonly #handler: PvaClientHandler;
  readonly #echoPeriodMs: number;
  #nextEchoMs: number;

  constructor(handler: PvaClientHandler, out: SendBuffer, options: PvaClientConnectionOptions = {}) {
    super('client', handler, out, options);
    this.#handler = handler;
    const idleMs = options.idleTimeoutMs ?? 40_000;
    this.#echoPeriodMs = options.echoPeriodMs ?? Math.max(1000, Math.min(15_000, (idleMs * 3) / 8));
    this.#nextEchoMs = (options.startMs ?? 0) + this.#echoPeriodMs;
  }

  override get nextDeadline(): number {
    const deadline = super.nextDeadline;
    return this.state === 'open' ? Math.min(deadline, this.#nextEchoMs) : deadline;
  }

  override tick(nowMs: number): void {
    super.tick(nowMs);
    if (this.state === 'open' && nowMs >= this.#nextEchoMs) {
      this.#nextEchoMs = nowMs + this.#echoPeriodMs;
      this.echo();
    }
  }

  /** Answers the server's validation with a method and its data. */
  validate(method: string, data: Value | null): void {
    const at = this.begin(CMD_CONNECTION_VALIDATION);
    this.out.u32(ANNOUNCED_BUFFER_BYTES);
    this.out.u16(ANNOUNCED_REGISTRY_SIZE);
    this.out.u16(0);
    writeString(this.out, method);
    encodeAny(this.out, data);
    this.end(at);
    this.enter('validating');
  }

  /** One name per message: pvAccessCPP closes the connection on more. */
  createChannel(cid: number, name: string): void {
    this.requireOpen('createChannel');
    const at = this.begin(CMD_CREATE_CHANNEL);
    this.out.u16(1);
    this.out.u32(cid);
    writeString(this.out, name);
    this.end(at);
  }

  destroyChannel(sid: number, cid: number): void {
    const at = this.begin(CMD_DESTROY_CHANNEL);
    this.out.u32(sid);
    this.out.u32(cid);
    this.end(at);
  }

  /** Search on this connection (name servers); `write` writes the payload. */
  search(write: (writer: BytesWriter) => void): void {
    const at = this.begin(CMD_SEARCH);
    write(this.out);
    this.end(at);
  }

  /** INIT of any operation but GET_FIELD. `freeCount`: MONITOR's window, makes it a pipeline. */
  init(command: number, sid: number, ioid: number, pvRequest: Value, freeCount?: number): void {
    const at = this.#beginOperation(
      command,
      sid,
      ioid,
      freeCount === undefined ? SUB_INIT : SUB_INIT | SUB_PIPELINE,
    );
    encodeAny(this.out, pvRequest);
    if (freeCount !== undefined) this.out.u32(freeCount);
    this.end(at);
  }

  /** `isLast`: the server forgets the operation after its answer. */
  get(sid: number, ioid: number, isLast = false): void {
    this.end(this.#beginOperation(CMD_GET, sid, ioid, isLast ? SUB_DESTROY : 0));
  }

  /** `mask`: default the value's marks. */
  put(sid: number, ioid: number, value: Value, mask?: BitSet, isLast = false): void {
    const at = this.#beginOperation(CMD_PUT, sid, ioid, isLast ? SUB_DESTROY : 0);
    encodeMasked(this.out, value, mask);
    this.end(at);
  }

  /** Asks for the present value of a PUT. */
  putGetOld(sid: number, ioid: number): void {
    this.end(this.#beginOperation(CMD_PUT, sid, ioid, SUB_GET));
  }

  putGet(sid: number, ioid: number, value: Value, mask?: BitSet, isLast = false): void {
    const at = this.#beginOperation(CMD_PUT_GET, sid, ioid, isLast ? SUB_DESTROY : 0);
    encodeMasked(this.out, value, mask);
    this.end(at);
  }

  /** PUT_GET: asks for the present value of the get part (`SUB_GET`) or the put part (`SUB_GET_PUT`). */
  putGetPeek(sid: number, ioid: number, which: typeof SUB_GET | typeof SUB_GET_PUT): void {
    this.end(this.#beginOperation(CMD_PUT_GET, sid, ioid, which));
  }

  process(sid: number, ioid: number, isLast = false): void {
    this.end(this.#beginOperation(CMD_PROCESS, sid, ioid, isLast ? SUB_DESTROY : 0));
  }

  rpc(sid: number, ioid: number, args: Value | null, isLast = false): void {
    const at = this.#beginOperation(CMD_RPC, sid, ioid, isLast ? SUB_DESTROY : 0);
    encodeAny(this.out, args);
    this.end(at);
  }

  monitorStart(sid: number, ioid: number): void {
    this.end(this.#beginOperation(CMD_MONITOR, sid, ioid, SUB_START));
  }

  monitorStop(sid: number, ioid: number): void {
    this.end(this.#beginOperation(CMD_MONITOR, sid, ioid, SUB_START_STOP));
  }

  /** In a message of its own: pvAccessCPP ignores other bits beside the acknowledgement. */
  monitorAck(sid: number, ioid: number, freeCount: number): void {
    const at = this.#beginOperation(CMD_MONITOR, sid, ioid, SUB_PIPELINE);
    this.out.u32(freeCount);
    this.end(at);
  }

  /** Asks for the type of the PV, or of one of its fields. */
  getField(sid: number, ioid: number, path = ''): void {
    const at = this.begin(CMD_GET_FIELD);
    this.out.u32(sid);
    this.out.u32(ioid);
    writeString(this.out, path);
    this.end(at);
  }

  destroyRequest(sid: number, ioid: number): void {
    const at = this.begin(CMD_DESTROY_REQUEST);
    this.out.u32(sid);
    this.out.u32(ioid);
    this.end(at);
  }

  cancelRequest(sid: number, ioid: number): void {
    const at = this.begin(CMD_CANCEL_REQUEST);
    this.out.u32(sid);
    this.out.u32(ioid);
    this.end(at);
  }

  /** Reads a masked value of `desc` from a reply, fresh or over a copy of `into`. */
  readMasked(body: BytesReader, desc: FieldDesc, into?: Value): Value {
    return decodeMasked(body, desc, this.types, into, this.decodeLimits);
  }

  #beginOperation(command: number, sid: number, ioid: number, subcommand: number): number {
    this.requireOpen('a request');
    const at = this.begin(command);
    this.out.u32(sid);
    this.out.u32(ioid);
    this.out.u8(subcommand);
    return at;
  }

  protected override dispatch(command: number, body: BytesReader): void {
    const handler = this.#handler;
    switch (command) {
      case CMD_MONITOR:
        this.#monitor(body);
        break;
      case CMD_GET:
      case CMD_PUT:
      case CMD_PUT_GET:
      case CMD_ARRAY:
      case CMD_PROCESS:
      case CMD_RPC:
        this.#reply(command, body);
        break;
      case CMD_ECHO:
        handler.onEcho(body);
        break;
      case CMD_CONNECTION_VALIDATION:
        this.#connectionValidation(body);
        break;
      case CMD_CONNECTION_VALIDATED: {
        const status = readStatus(body);
        if (isSuccess(status)) this.enter('open');
        handler.onConnectionValidated(status);
        break;
      }
      case CMD_CREATE_CHANNEL:
        handler.onCreateChannel(body.u32(), body.u32(), readStatus(body));
        break;
      case CMD_DESTROY_CHANNEL:
        handler.onDestroyChannel(body.u32(), body.u32());
        break;
      case CMD_ACL_CHANGE:
        handler.onAclChange(body.u32(), body.u8());
        break;
      case CMD_SEARCH_RESPONSE:
        handler.onSearchResponse(body);
        break;
      case CMD_GET_FIELD: {
        const ioid = body.u32();
        const status = readStatus(body);
        handler.onGetField(ioid, status, isSuccess(status) ? this.#type(body) : null);
        break;
      }
      case CMD_MESSAGE:
        handler.onMessage(body.u32(), body.u8(), readString(body));
        break;
      default:
      // AUTHNZ, BEACON, MULTIPLE_DATA: allowed, and of no use on a connection.
    }
  }

  #type(body: BytesReader): FieldDesc | null {
    return decodeType(body, this.types, this.decodeLimits);
  }

  #connectionValidation(body: BytesReader): void {
    const bufferBytes = body.u32();
    const registrySize = body.u16();
    const count = readSize(body);
    if (count < 0 || count > body.remaining)
      throw new ProtocolError(`${count} authentication methods`, body.offset);
    const methods: string[] = [];
    for (let i = 0; i < count; i++) methods.push(readString(body));
    this.#handler.onConnectionValidation(bufferBytes, registrySize, methods);
  }

  #monitor(body: BytesReader): void {
    const ioid = body.u32();
    const subcommand = body.u8();
    if ((subcommand & SUB_INIT) !== 0) this.#init(CMD_MONITOR, ioid, body);
    else if ((subcommand & SUB_DESTROY) !== 0) this.#handler.onMonitorFinished(ioid, readStatus(body), body);
    else this.#handler.onMonitor(ioid, body);
  }

  #init(command: number, ioid: number, body: BytesReader): void {
    const status = readStatus(body);
    const hasType = isSuccess(status) && command !== CMD_RPC && command !== CMD_PROCESS;
    const type = hasType ? this.#type(body) : null;
    const secondType = hasType && command === CMD_PUT_GET ? this.#type(body) : null;
    this.#handler.onInit(command, ioid, status, type, secondType);
  }

  #reply(command: number, body: BytesReader): void {
    const handler = this.#handler;
    const ioid = body.u32();
    const subcommand = body.u8();
    if ((subcommand & SUB_INIT) !== 0) {
      this.#init(command, ioid, body);
      return;
    }
    const status = readStatus(body);
    switch (command) {
      case CMD_GET:
        handler.onGet(ioid, subcommand, status, body);
        break;
      case CMD_PUT:
        handler.onPut(ioid, subcommand, status, body);
        break;
      case CMD_PUT_GET:
        handler.onPutGet(ioid, subcommand, status, body);
        break;
      case CMD_ARRAY:
        handler.onArray(ioid, subcommand, status, body);
        break;
      case CMD_PROCESS:
        handler.onProcess(ioid, subcommand, status);
        break;
      default:
        handler.onRpc(
          ioid,
          subcommand,
          status,
          isSuccess(status) ? decodeAny(body, this.types, this.decodeLimits) : null,
        );
    }
  }
}
