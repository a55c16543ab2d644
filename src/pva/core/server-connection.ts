import {
  decodeAny,
  decodeMasked,
  encodeAny,
  encodeMasked,
  encodeType,
  type FieldDesc,
  readSize,
  readString,
  type Value,
  writeBitSet,
  writeSize,
  writeString,
} from '../../pvdata/index.ts';
import {
  type BitSet,
  type BytesReader,
  type BytesWriter,
  LimitError,
  ProtocolError,
  type SendBuffer,
} from '../../util/index.ts';
import { type PvaCommonHandler, PvaConnection, type PvaConnectionOptions } from './connection.ts';
import {
  ANNOUNCED_BUFFER_BYTES,
  ANNOUNCED_REGISTRY_SIZE,
  CMD_ACL_CHANGE,
  CMD_ARRAY,
  CMD_AUTHNZ,
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
  NO_SID,
  SUB_DESTROY,
  SUB_INIT,
  SUB_PIPELINE,
} from './constants.ts';
import { isSuccess, okStatus, type Status, writeStatus } from './status.ts';

/** Owner of the server's end. Arguments, readers above all, are valid only until the method returns. */
export interface PvaServerHandler extends PvaCommonHandler {
  /** The client chose a method; answer with `validated`. `data` is null when none came. */
  onConnectionValidation(
    bufferBytes: number,
    registrySize: number,
    qos: number,
    method: string,
    data: Value | null,
  ): void;
  /** Once per name of the message. */
  onCreateChannel(cid: number, name: string): void;
  onDestroyChannel(sid: number, cid: number): void;
  /** `body` is what follows the header, as in a datagram. */
  onSearch(body: BytesReader): void;
  /** INIT of any operation but GET_FIELD. `freeCount`: MONITOR's first window, -1 when none was sent. */
  onInit(
    command: number,
    sid: number,
    ioid: number,
    subcommand: number,
    pvRequest: Value | null,
    freeCount: number,
  ): void;
  onGet(sid: number, ioid: number, subcommand: number): void;
  /** Sub-command with `SUB_GET`: no body. Else read the value with `readMasked`. */
  onPut(sid: number, ioid: number, subcommand: number, body: BytesReader): void;
  /** Sub-command with `SUB_GET` or `SUB_GET_PUT`: no body. */
  onPutGet(sid: number, ioid: number, subcommand: number, body: BytesReader): void;
  /** `freeCount` is -1 unless the message carries an acknowledgement. */
  onMonitor(sid: number, ioid: number, subcommand: number, freeCount: number): void;
  onArray(sid: number, ioid: number, subcommand: number, body: BytesReader): void;
  onProcess(sid: number, ioid: number, subcommand: number): void;
  onRpc(sid: number, ioid: number, subcommand: number, args: Value | null): void;
  onGetField(sid: number, ioid: number, path: string): void;
  onDestroyRequest(sid: number, ioid: number): void;
  onCancelRequest(sid: number, ioid: number): void;
}

/** Limits of the server's end. */
export interface PvaServerConnectionOptions extends PvaConnectionOptions {
  /** Byte order of everything we send. Default little endian. */
  readonly littleEndian?: boolean;
  /** Longest channel name in bytes. Default 500. */
  readonly maxNameBytes?: number;
}

/** The server's end of a PVA connection. */
export class PvaServerConnection extends PvaConnection {
  readonly #handler: PvaServerHandler;
  readonly #maxNameBytes: number;

  constructor(handler: PvaServerHandler, out: SendBuffer, options: PvaServerConnectionOptions = {}) {
    super('server', handler, out, options);
    this.#handler = handler;
    this.#maxNameBytes = options.maxNameBytes ?? 500;
    this.setByteOrder(options.littleEndian ?? true);
  }

  /** Writes what a server says first: its byte order, and its methods in rising preference. */
  greet(methods: readonly string[]): void {
    this.writeSetEndian();
    const at = this.begin(CMD_CONNECTION_VALIDATION);
    this.out.u32(ANNOUNCED_BUFFER_BYTES);
    this.out.u16(ANNOUNCED_REGISTRY_SIZE);
    writeSize(this.out, methods.length);
    for (const method of methods) writeString(this.out, method);
    this.end(at);
  }

  /** Answers the client's validation; success opens the connection. */
  validated(status: Status): void {
    const at = this.begin(CMD_CONNECTION_VALIDATED);
    writeStatus(this.out, status);
    this.end(at);
    if (isSuccess(status)) this.enter('open');
  }

  channelCreated(cid: number, sid: number, status: Status = okStatus): void {
    const at = this.begin(CMD_CREATE_CHANNEL);
    this.out.u32(cid);
    this.out.u32(sid);
    writeStatus(this.out, status);
    this.end(at);
  }

  channelRefused(cid: number, status: Status): void {
    this.channelCreated(cid, NO_SID, status);
  }

  /** Answers a destroy request, or tells that the PV is gone. */
  channelDestroyed(sid: number, cid: number): void {
    const at = this.begin(CMD_DESTROY_CHANNEL);
    this.out.u32(sid);
    this.out.u32(cid);
    this.end(at);
  }

  /** Rights of the client on a channel: bits `ACL_PUT`, `ACL_PUT_GET`, `ACL_RPC`. */
  aclChange(cid: number, bits: number): void {
    const at = this.begin(CMD_ACL_CHANGE);
    this.out.u32(cid);
    this.out.u8(bits);
    this.end(at);
  }

  /** Answers a search on this connection; `write` writes the payload. */
  searchResponse(write: (writer: BytesWriter) => void): void {
    const at = this.begin(CMD_SEARCH_RESPONSE);
    write(this.out);
    this.end(at);
  }

  /** Success of an INIT. PUT_GET has two types, RPC and PROCESS none. */
  initDone(command: number, ioid: number, type?: FieldDesc, secondType?: FieldDesc): void {
    const at = this.begin(command);
    this.out.u32(ioid);
    this.out.u8(SUB_INIT);
    writeStatus(this.out, okStatus);
    if (type !== undefined) encodeType(this.out, type);
    if (secondType !== undefined) encodeType(this.out, secondType);
    this.end(at);
  }

  /** An answer that is only a status: a failed INIT or EXEC, a finished PUT or PROCESS. */
  statusReply(command: number, ioid: number, subcommand: number, status: Status): void {
    const at = this.begin(command);
    this.out.u32(ioid);
    this.out.u8(subcommand);
    writeStatus(this.out, status);
    this.end(at);
  }

  /**
   * Success with a value: GET, PUT's get, PUT_GET. `mask`: default the value's marks.
   * Throws, and has written nothing, when the value holds what its type does not allow.
   */
  valueReply(command: number, ioid: number, subcommand: number, value: Value, mask?: BitSet): void {
    const mark = this.out.mark();
    const at = this.begin(command);
    this.out.u32(ioid);
    this.out.u8(subcommand);
    this.out.u8(0xff);
    try {
      encodeMasked(this.out, value, mask);
    } catch (error) {
      this.out.rewind(mark);
      throw error;
    }
    this.end(at);
  }

  /** The answer to an RPC. Throws as `valueReply` does. */
  rpcResult(ioid: number, subcommand: number, result: Value | null): void {
    const mark = this.out.mark();
    const at = this.begin(CMD_RPC);
    this.out.u32(ioid);
    this.out.u8(subcommand);
    this.out.u8(0xff);
    try {
      encodeAny(this.out, result);
    } catch (error) {
      this.out.rewind(mark);
      throw error;
    }
    this.end(at);
  }

  /** GET_FIELD has no sub-command in its reply. */
  fieldReply(ioid: number, status: Status, type?: FieldDesc): void {
    const at = this.begin(CMD_GET_FIELD);
    this.out.u32(ioid);
    writeStatus(this.out, status);
    if (isSuccess(status)) encodeType(this.out, type ?? null);
    this.end(at);
  }

  /** One update: changed mask (default the value's marks) with values, and overrun mask. Throws as `valueReply` does. */
  monitorUpdate(ioid: number, value: Value, mask?: BitSet, overrun?: BitSet): void {
    const mark = this.out.mark();
    const at = this.begin(CMD_MONITOR);
    this.out.u32(ioid);
    this.out.u8(0);
    try {
      encodeMasked(this.out, value, mask);
    } catch (error) {
      this.out.rewind(mark);
      throw error;
    }
    if (overrun === undefined) this.out.u8(0);
    else writeBitSet(this.out, overrun);
    this.end(at);
  }

  /** One update whose bytes after the sub-command are encoded already, in this connection's byte order. */
  monitorEncoded(ioid: number, chunks: readonly Uint8Array[]): void {
    const out = this.out;
    const at = this.begin(CMD_MONITOR);
    out.u32(ioid);
    out.u8(0);
    for (const chunk of chunks) out.data(chunk);
    this.end(at);
  }

  /** End of a subscription. */
  monitorFinished(ioid: number, status: Status): void {
    this.statusReply(CMD_MONITOR, ioid, SUB_DESTROY, status);
  }

  /** Text for the log of a client's operation; `type` 0 info, 1 warning, 2 error, 3 fatal. */
  message(ioid: number, type: number, text: string): void {
    const at = this.begin(CMD_MESSAGE);
    this.out.u32(ioid);
    this.out.u8(type);
    writeString(this.out, text);
    this.end(at);
  }

  /** Reads a masked value of `desc` from the body of a PUT or PUT_GET. */
  readMasked(body: BytesReader, desc: FieldDesc): Value {
    return decodeMasked(body, desc, this.types, undefined, this.decodeLimits);
  }

  protected override dispatch(command: number, body: BytesReader): void {
    const handler = this.#handler;
    switch (command) {
      case CMD_GET:
      case CMD_PUT:
      case CMD_PUT_GET:
      case CMD_MONITOR:
      case CMD_ARRAY:
      case CMD_PROCESS:
      case CMD_RPC:
        this.#operation(command, body);
        break;
      case CMD_ECHO:
        this.echo(body.bytes.subarray(body.position, body.end));
        handler.onEcho(body);
        break;
      case CMD_CONNECTION_VALIDATION:
        this.#connectionValidation(body);
        break;
      case CMD_SEARCH:
        handler.onSearch(body);
        break;
      case CMD_CREATE_CHANNEL:
        this.#createChannel(body);
        break;
      case CMD_DESTROY_CHANNEL:
        handler.onDestroyChannel(body.u32(), body.u32());
        break;
      case CMD_DESTROY_REQUEST:
        handler.onDestroyRequest(body.u32(), body.u32());
        break;
      case CMD_CANCEL_REQUEST:
        handler.onCancelRequest(body.u32(), body.u32());
        break;
      case CMD_GET_FIELD:
        handler.onGetField(body.u32(), body.u32(), readString(body));
        break;
      case CMD_MESSAGE:
        handler.onMessage(body.u32(), body.u8(), readString(body));
        break;
      default:
        // AUTHNZ: meant for multi-step methods, which nobody has.
        if (command !== CMD_AUTHNZ) throw new ProtocolError('no decoder for this message', 3);
    }
  }

  #connectionValidation(body: BytesReader): void {
    const bufferBytes = body.u32();
    const registrySize = body.u16();
    const qos = body.u16();
    const method = readString(body);
    // pvxs closes when the data is missing altogether, pvAccessCPP does not mind: neither do we.
    const data = body.remaining > 0 ? decodeAny(body, this.types, this.decodeLimits) : null;
    this.enter('validating');
    this.#handler.onConnectionValidation(bufferBytes, registrySize, qos, method, data);
  }

  #createChannel(body: BytesReader): void {
    const count = body.u16();
    for (let i = 0; i < count && this.isAlive; i++) {
      const cid = body.u32();
      const length = readSize(body);
      if (length > this.#maxNameBytes) {
        throw new LimitError(`channel name of ${length} bytes is over the limit of ${this.#maxNameBytes}`);
      }
      this.#handler.onCreateChannel(cid, body.text(Math.max(0, length)));
    }
  }

  #operation(command: number, body: BytesReader): void {
    const handler = this.#handler;
    const sid = body.u32();
    const ioid = body.u32();
    const subcommand = body.u8();
    if ((subcommand & SUB_INIT) !== 0) {
      const pvRequest = decodeAny(body, this.types, this.decodeLimits);
      const hasWindow = command === CMD_MONITOR && (subcommand & SUB_PIPELINE) !== 0;
      handler.onInit(command, sid, ioid, subcommand, pvRequest, hasWindow ? body.u32() : -1);
      return;
    }
    switch (command) {
      case CMD_GET:
        handler.onGet(sid, ioid, subcommand);
        break;
      case CMD_PUT:
        handler.onPut(sid, ioid, subcommand, body);
        break;
      case CMD_PUT_GET:
        handler.onPutGet(sid, ioid, subcommand, body);
        break;
      case CMD_MONITOR:
        handler.onMonitor(sid, ioid, subcommand, (subcommand & SUB_PIPELINE) !== 0 ? body.u32() : -1);
        break;
      case CMD_ARRAY:
        handler.onArray(sid, ioid, subcommand, body);
        break;
      case CMD_PROCESS:
        handler.onProcess(sid, ioid, subcommand);
        break;
      default:
        handler.onRpc(sid, ioid, subcommand, decodeAny(body, this.types, this.decodeLimits));
    }
  }
}
