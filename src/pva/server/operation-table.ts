import type { Value } from '../../pvdata/index.ts';
import type { BytesReader } from '../../util/index.ts';
import {
  CMD_ARRAY,
  CMD_GET_FIELD,
  CMD_MONITOR,
  CMD_RPC,
  commandName,
  errorStatus,
  SUB_DESTROY,
  SUB_INIT,
} from '../core/index.ts';
import { GetFieldOperation } from './get-field-operation.ts';
import { MonitorOperation } from './monitor.ts';
import { type ServerOperation, statusOf } from './operation.ts';
import { RpcOperation } from './rpc-operation.ts';
import type { ServedChannel } from './served-channel.ts';
import type { Session } from './session.ts';
import { ValueOperation } from './value-operation.ts';

/**
 * The operations of one connection by the ids that the client chose. Requests that cannot be are answered with an
 * error; they never end the connection, which would punish all its other channels.
 */
export class OperationTable {
  readonly #session: Session;
  readonly #limit: number;
  readonly #operations: Map<number, ServerOperation>;

  /** @param limit the most operations at a time. */
  constructor(session: Session, limit: number) {
    this.#session = session;
    this.#limit = limit;
    this.#operations = new Map();
  }

  get size(): number {
    return this.#operations.size;
  }

  /** INIT of any operation but GET_FIELD. `channel` is undefined when the client named none that exists. */
  init(
    command: number,
    channel: ServedChannel | undefined,
    ioid: number,
    pvRequest: Value | null,
    freeCount: number,
  ): void {
    if (!this.#admit(command, channel, ioid, SUB_INIT)) return;
    if (command === CMD_ARRAY) {
      this.#reject(command, ioid, SUB_INIT, 'Not supported');
      return;
    }
    const operation =
      command === CMD_MONITOR
        ? new MonitorOperation(channel, ioid, pvRequest, freeCount)
        : command === CMD_RPC
          ? new RpcOperation(channel, command, ioid, pvRequest)
          : new ValueOperation(channel, command, ioid, pvRequest);
    this.#begin(channel, operation, command !== CMD_RPC);
  }

  getField(channel: ServedChannel | undefined, ioid: number, path: string): void {
    if (!this.#admit(CMD_GET_FIELD, channel, ioid, 0)) return;
    this.#begin(channel, new GetFieldOperation(channel, ioid, path), true);
  }

  /** EXEC of GET, PUT, PUT_GET and PROCESS. */
  execute(command: number, ioid: number, subcommand: number, body: BytesReader | undefined): void {
    const operation = this.#find(command, ioid, subcommand);
    if (operation instanceof ValueOperation) operation.execute(subcommand, body);
  }

  executeArray(ioid: number, subcommand: number): void {
    if (this.#operations.has(ioid)) this.#reject(CMD_ARRAY, ioid, subcommand, 'Not supported');
  }

  executeMonitor(ioid: number, subcommand: number, freeCount: number): void {
    const operation = this.#find(CMD_MONITOR, ioid, SUB_DESTROY);
    if (operation instanceof MonitorOperation) operation.execute(subcommand, freeCount);
  }

  executeRpc(ioid: number, subcommand: number, args: Value | null): void {
    const operation = this.#find(CMD_RPC, ioid, subcommand);
    if (operation instanceof RpcOperation) operation.execute(subcommand, args);
  }

  destroy(ioid: number): void {
    this.#operations.get(ioid)?.destroy();
  }

  cancel(ioid: number): void {
    this.#operations.get(ioid)?.cancel();
  }

  /** An operation has ended. */
  forget(operation: ServerOperation): void {
    if (this.#operations.get(operation.ioid) === operation) this.#operations.delete(operation.ioid);
    operation.channel.operations.delete(operation);
  }

  /** Whether the operation may be; if not, the client is told why. */
  #admit(
    command: number,
    channel: ServedChannel | undefined,
    ioid: number,
    subcommand: number,
  ): channel is ServedChannel {
    let problem: string | undefined;
    if (channel === undefined) problem = 'bad channel id';
    else if (this.#operations.has(ioid)) problem = `request id ${ioid} is in use`;
    else if (this.#operations.size >= this.#limit) {
      problem = `more than ${this.#limit} operations on one connection`;
    }
    if (problem === undefined) return true;
    this.#reject(command, ioid, subcommand, problem);
    return false;
  }

  #reject(command: number, ioid: number, subcommand: number, text: string): void {
    const { connection } = this.#session;
    if (command === CMD_GET_FIELD) connection.fieldReply(ioid, errorStatus(text));
    else connection.statusReply(command, ioid, subcommand, errorStatus(text));
    this.#session.touch();
  }

  #begin(channel: ServedChannel, operation: ServerOperation, needsType: boolean): void {
    this.#operations.set(operation.ioid, operation);
    channel.operations.add(operation);
    const { opened, openError } = channel.entry;
    if (!needsType) this.#beginNow(channel, operation, undefined);
    else if (opened === undefined) this.#beginNow(channel, operation, openError);
    else {
      // Rejections have become `openError` of the entry.
      void opened.then(() => {
        if (!operation.isEnded) this.#beginNow(channel, operation, channel.entry.openError);
      });
    }
  }

  #beginNow(channel: ServedChannel, operation: ServerOperation, openError: Error | undefined): void {
    try {
      if (openError !== undefined) operation.refuse(statusOf(openError).message);
      else operation.begin();
    } catch (error) {
      this.#session.logFault(error, channel.name);
      operation.refuse(statusOf(error).message);
    }
  }

  /** The operation of a request; a dead one is passed over in silence, as races with its end are normal. */
  #find(command: number, ioid: number, subcommand: number): ServerOperation | undefined {
    const operation = this.#operations.get(ioid);
    if (operation === undefined || operation.command === command) return operation;
    const owner = commandName(operation.command);
    this.#reject(command, ioid, subcommand, `request id ${ioid} belongs to a ${owner} operation`);
    return undefined;
  }
}
