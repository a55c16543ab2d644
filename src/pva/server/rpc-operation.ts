import { Operation } from '../../pv/index.ts';
import type { Value } from '../../pvdata/index.ts';
import { CMD_RPC, errorStatus, type Status, SUB_DESTROY } from '../core/index.ts';
import { ServerOperation, statusOf } from './operation.ts';

/** RPC: an argument and a result of any type, each time. */
export class RpcOperation extends ServerOperation {
  #running: Operation | undefined;

  /** RPC needs no type, so a PV that has none yet takes calls. */
  override begin(): void {
    this.isReady = true;
    this.session.connection.initDone(CMD_RPC, this.ioid);
    this.session.touch();
  }

  override cancel(): void {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    this.session.callsRunning--;
    running.abort();
  }

  execute(subcommand: number, args: Value | null): void {
    const { pv } = this.channel;
    if (this.#running !== undefined) {
      this.reply(subcommand, errorStatus('other request pending'));
      return;
    }
    if (pv.call === undefined) {
      this.#finish(subcommand, errorStatus('RPC Not Implemented'));
      return;
    }
    if (!this.channel.canCall()) {
      this.#finish(subcommand, errorStatus('No RPC access'));
      return;
    }
    if (this.session.callsRunning >= this.session.maxCalls) {
      this.#finish(subcommand, errorStatus(`more than ${this.session.maxCalls} calls on one connection`));
      return;
    }
    const context = new Operation(this.session.peer, this.pvRequest ?? undefined, this.message);
    this.#running = context;
    this.session.callsRunning++;
    try {
      const called = pv.call(args, context);
      if (called instanceof Promise) {
        called.then(
          (result) => this.#onResult(context, subcommand, result),
          (error: unknown) => this.#onError(context, subcommand, error),
        );
      } else this.#onResult(context, subcommand, called);
    } catch (error) {
      this.#onError(context, subcommand, error);
    }
  }

  #onResult(context: Operation, subcommand: number, result: Value | null): void {
    if (this.#running !== context) return;
    this.#running = undefined;
    this.session.callsRunning--;
    try {
      this.session.connection.rpcResult(this.ioid, subcommand, result);
    } catch (error) {
      this.session.logFault(error, this.channel.name);
      this.#finish(subcommand, statusOf(error));
      return;
    }
    this.session.touch();
    if ((subcommand & SUB_DESTROY) !== 0) this.destroy();
  }

  #onError(context: Operation, subcommand: number, error: unknown): void {
    if (this.#running !== context) return;
    this.#running = undefined;
    this.session.callsRunning--;
    this.#finish(subcommand, statusOf(error));
  }

  #finish(subcommand: number, status: Status): void {
    this.reply(subcommand, status);
    if ((subcommand & SUB_DESTROY) !== 0) this.destroy();
  }
}
