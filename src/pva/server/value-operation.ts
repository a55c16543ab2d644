import { type Operation, ReadOperation, type ServedStructPv, WriteOperation } from '../../pv/index.ts';
import { structType, Value } from '../../pvdata/index.ts';
import type { BytesReader } from '../../util/index.ts';
import {
  CMD_GET,
  CMD_PROCESS,
  CMD_PUT,
  CMD_PUT_GET,
  errorStatus,
  okStatus,
  type ProcessRequest,
  readProcessRequest,
  SUB_DESTROY,
  SUB_GET,
  SUB_GET_PUT,
} from '../core/index.ts';
import { Selection, ServerOperation, statusOf } from './operation.ts';

const NAMES: Readonly<Record<number, string>> = {
  [CMD_GET]: 'Get',
  [CMD_PUT]: 'Put',
  [CMD_PUT_GET]: 'PutGet',
  [CMD_PROCESS]: 'Process',
};

/** GET, PUT, PUT_GET and PROCESS: operations with one request, one answer, many times. */
export class ValueOperation extends ServerOperation {
  #pv: ServedStructPv | undefined;
  #reads: Selection | undefined;
  #puts: Selection | undefined;
  #running: Operation | undefined;
  /** What the pvRequest says of processing, read at the first write. */
  #process: ProcessRequest | undefined;

  override begin(): void {
    const pv = this.channel.struct;
    if (pv === undefined) {
      this.refuse(`${NAMES[this.command] ?? 'Operation'} not implemented for this PV`);
      return;
    }
    const { desc } = pv.type;
    try {
      if (this.command === CMD_PUT_GET) {
        this.#reads = new Selection(desc, subRequest(this.pvRequest, 'getField'));
        this.#puts = new Selection(desc, subRequest(this.pvRequest, 'putField'));
      } else if (this.command !== CMD_PROCESS) this.#reads = new Selection(desc, this.pvRequest);
    } catch (error) {
      this.refuse(statusOf(error).message);
      return;
    }
    this.#pv = pv;
    this.isReady = true;
    const { connection } = this.session;
    if (this.command === CMD_PROCESS) connection.initDone(this.command, this.ioid);
    else if (this.command === CMD_PUT_GET) connection.initDone(this.command, this.ioid, desc, desc);
    else connection.initDone(this.command, this.ioid, desc);
    this.session.touch();
  }

  override cancel(): void {
    const running = this.#running;
    this.#running = undefined;
    running?.abort();
  }

  /** EXEC. `body` is read before anything else: it may define types that later messages use. */
  execute(subcommand: number, body: BytesReader | undefined): void {
    const pv = this.#pv;
    if (pv === undefined) {
      this.reply(subcommand, errorStatus('the operation is not initialized'));
      return;
    }
    const isPeek = (subcommand & (SUB_GET | SUB_GET_PUT)) !== 0;
    const isWrite = this.command === CMD_PROCESS || (this.command !== CMD_GET && !isPeek);
    let value: Value | undefined;
    if (isWrite && body !== undefined) {
      const from = body.position;
      value = this.session.connection.readMasked(body, pv.type.desc);
      this.channel.bytesIn += body.position - from;
    }
    if (this.#running !== undefined) {
      this.reply(subcommand, errorStatus('other request pending'));
      return;
    }
    if (isWrite) this.#write(pv, subcommand, value ?? new Value(pv.type.desc));
    else this.#read(pv, subcommand, (subcommand & SUB_GET_PUT) !== 0 ? this.#puts : this.#reads);
  }

  #read(pv: ServedStructPv, subcommand: number, selection: Selection | undefined): void {
    if (!this.channel.canRead()) {
      this.#finish(subcommand, errorStatus('No read access'));
      return;
    }
    const context = new ReadOperation('get', this.session.peer, this.pvRequest ?? undefined, this.message);
    this.#running = context;
    try {
      const read = pv.read(context);
      if (read instanceof Promise) {
        read.then(
          (value) => this.#onValue(context, subcommand, value, selection),
          (error: unknown) => this.#onError(context, subcommand, error),
        );
      } else this.#onValue(context, subcommand, read, selection);
    } catch (error) {
      this.#onError(context, subcommand, error);
    }
  }

  #onValue(context: Operation, subcommand: number, value: Value, selection: Selection | undefined): void {
    if (this.#running !== context) return;
    this.#running = undefined;
    const { connection } = this.session;
    const before = connection.out.byteLength;
    try {
      connection.valueReply(this.command, this.ioid, subcommand, value, selection?.ofComplete(value.marks));
    } catch (error) {
      this.session.logFault(error, this.channel.name);
      this.#finish(subcommand, statusOf(error));
      return;
    }
    this.channel.bytesOut += connection.out.byteLength - before;
    this.session.touch();
    if ((subcommand & SUB_DESTROY) !== 0) this.destroy();
  }

  #write(pv: ServedStructPv, subcommand: number, value: Value): void {
    if (!this.channel.canWrite()) {
      this.#finish(subcommand, errorStatus('No write access'));
      return;
    }
    if (pv.write === undefined) {
      this.#finish(subcommand, errorStatus('Read-only PV'));
      return;
    }
    const isProcess = this.command === CMD_PROCESS;
    this.#process ??= readProcessRequest(this.pvRequest);
    const request = this.#process;
    const context = new WriteOperation(
      this.session.peer,
      request.wait || isProcess,
      isProcess ? 'always' : request.process,
      this.pvRequest ?? undefined,
      this.message,
    );
    this.#running = context;
    try {
      const written = pv.write(value, context);
      if (written instanceof Promise) {
        written.then(
          () => this.#onWritten(context, pv, subcommand),
          (error: unknown) => this.#onError(context, subcommand, error),
        );
      } else this.#onWritten(context, pv, subcommand);
    } catch (error) {
      this.#onError(context, subcommand, error);
    }
  }

  #onWritten(context: Operation, pv: ServedStructPv, subcommand: number): void {
    if (this.#running !== context) return;
    this.#running = undefined;
    if (this.command === CMD_PUT_GET) this.#read(pv, subcommand, this.#reads);
    else this.#finish(subcommand, okStatus);
  }

  #onError(context: Operation, subcommand: number, error: unknown): void {
    if (this.#running !== context) return;
    this.#running = undefined;
    this.#finish(subcommand, statusOf(error));
  }

  #finish(subcommand: number, status: typeof okStatus): void {
    this.reply(subcommand, status);
    if ((subcommand & SUB_DESTROY) !== 0) this.destroy();
  }
}

/** The `getField` or `putField` part of a PUT_GET's request as a request of its own; absent: everything. */
function subRequest(pvRequest: Value | null, name: 'getField' | 'putField'): Value | null {
  const part = pvRequest?.get(name);
  if (!(part instanceof Value)) return pvRequest;
  return new Value(structType('', { field: part.desc }));
}
