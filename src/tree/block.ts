import type { TransactionType } from './memory/slave.ts';
import type { Mode } from './types.ts';
import type { UpdateGroup } from './update-engine.ts';
import type { BaseVariable } from './variable.ts';

/** Settings of one transaction of a block. */
export interface StartOptions {
  /** Write also what is not staged. */
  readonly force?: boolean | undefined;
  /** Only the bytes of this variable (and of all that is staged). */
  readonly variable?: BaseVariable | undefined;
  /** Element of an array variable, -1 = all. */
  readonly index?: number | undefined;
}

/** What is read and written together: a stretch of memory, or one local variable. */
export interface Block {
  readonly path: string;
  readonly mode: Mode;
  /** Takes part in operations of the device. */
  readonly bulkOpEn: boolean;
  readonly variables: readonly BaseVariable[];
  /** Issues a transaction after the one before has ended; resolves when it is issued. */
  start(type: TransactionType, options?: StartOptions): Promise<void>;
  /**
   * Waits for all transactions, then tells the listeners of the variables.
   *
   * @throws {MemoryError} the first failure since the last wait.
   */
  wait(group?: UpdateGroup): Promise<void>;
}

/** The block of a variable without memory: a transaction only makes its listeners hear. */
export class LocalBlock implements Block {
  readonly variables: readonly BaseVariable[];
  readonly #variable: BaseVariable;
  #isUpdateDue: boolean;

  constructor(variable: BaseVariable) {
    this.variables = [variable];
    this.#variable = variable;
    this.#isUpdateDue = false;
  }

  get path(): string {
    return this.#variable.path;
  }
  get mode(): Mode {
    return this.#variable.mode;
  }
  get bulkOpEn(): boolean {
    return this.#variable.bulkOpEn;
  }

  start(): Promise<void> {
    this.#isUpdateDue = true;
    return Promise.resolve();
  }

  wait(group?: UpdateGroup): Promise<void> {
    if (this.#isUpdateDue) {
      this.#isUpdateDue = false;
      this.#variable._queueUpdate(group);
    }
    return Promise.resolve();
  }
}
