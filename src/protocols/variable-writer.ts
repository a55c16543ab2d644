import { PutQueue, type ScalarWrite, type WriteContext } from '../pv/index.ts';
import { type BaseVariable, type Command, isCommand } from '../tree/index.ts';
import { ClosedError, errorText, type Logger } from '../util/index.ts';
import type { TreeWrite, ValueCodec } from './codec/codec.ts';

/** How the put of a command's PV becomes a call. */
export type CommandRule = 'zero-calls-without' | 'value-always-passed';

export interface VariableWriterOptions {
  readonly variable: BaseVariable;
  readonly logger: Logger;
  /** Resolves when all updates of the tree queued so far have been published. */
  readonly published: () => Promise<void>;
  /** Publishes the variable's value as it is now. */
  readonly publishNow: () => Promise<void>;
  /** Number of publications so far. */
  readonly publishCount: () => number;
  /** Told of every call of a command. */
  readonly onCall?: (call: Promise<unknown>) => void;
}

interface Put {
  readonly write: TreeWrite;
  readonly rule: CommandRule;
}

/**
 * Takes the puts of all PVs of one variable: one at a time, in the order of arrival, each done when the value that came
 * of it has been published, so that nobody reads an older one afterwards.
 */
export class VariableWriter {
  readonly #options: VariableWriterOptions;
  readonly #queue: PutQueue<Put, WriteContext>;
  #isClosed: boolean;

  constructor(options: VariableWriterOptions) {
    this.#options = options;
    this.#queue = new PutQueue((put) => this.#run(put), { mode: 'serial', name: options.variable.path });
    this.#isClosed = false;
  }

  /** Does a put that came to a PV with this codec; rejects with what went wrong. */
  async write(
    codec: ValueCodec,
    rule: CommandRule,
    write: ScalarWrite,
    context: WriteContext,
  ): Promise<void> {
    try {
      await this.#queue.put({ write: codec.decode(write), rule }, context);
    } catch (error) {
      this.#options.logger.error(
        { pv: this.#options.variable.path, peer: context.peer.address, error },
        `Got error on put: ${errorText(error)}`,
      );
      throw error;
    }
  }

  /** Calls the command as RPC does, beside the queue of puts. */
  async call(value: unknown): Promise<unknown> {
    const { variable } = this.#options;
    if (!isCommand(variable)) throw new TypeError(`${variable.path} is no command`);
    return this.#watched(variable, value);
  }

  /** Puts that still wait are refused. */
  close(): void {
    this.#isClosed = true;
  }

  async #run(put: Put): Promise<void> {
    const { variable, published, publishCount, publishNow } = this.#options;
    if (this.#isClosed) throw new ClosedError(`put to "${variable.path}" cancelled: the server was stopped`);
    const before = publishCount();
    // A put that fails publishes nothing: the tree may hold what it staged, but clients never see a refused value.
    await this.#apply(put);
    await published();
    // A disabled device and variables without notification publish nothing by themselves.
    if (publishCount() === before) await publishNow();
  }

  async #apply({ write, rule }: Put): Promise<void> {
    const { variable } = this.#options;
    if (isCommand(variable)) {
      const isBare = rule === 'zero-calls-without' && isZero(write, variable);
      await this.#watched(variable, isBare ? undefined : write.value);
    } else if (write.isText) await variable.setDisp(write.value);
    else await variable.set(write.value);
  }

  async #watched(command: Command, value: unknown): Promise<unknown> {
    if (command.parent?.isEnabled !== true) {
      this.#options.logger.warn(
        { pv: command.path },
        `command ${command.path} not executed: its device is disabled`,
      );
    }
    const call = value === undefined ? command.call() : command.call(value);
    this.#options.onCall?.(call);
    return call;
  }
}

/** The value that stands for a call without argument: number 0, or the first label of an enum. */
function isZero(write: TreeWrite, command: Command): boolean {
  if (!write.isText) return write.value === 0 || write.value === 0n || write.value === false;
  const kind = command.kind;
  return kind.k === 'enum' && write.value === kind.choices[0];
}
