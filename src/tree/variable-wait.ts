import { type Stop, toError } from '../util/index.ts';
import type { BaseVariable, VariableValue } from './variable.ts';

/** Tells from the current snapshots whether the wait is over; each has `updated` set when it came since `arm`. */
export interface WaitPredicate {
  (values: readonly VariableValue[]): boolean;
}

/** Waits for a condition on several variables; updates count from `arm` on. */
export class VariableWaitClass {
  readonly #variables: readonly BaseVariable[];
  readonly #predicate: WaitPredicate;
  readonly #values = new Map<BaseVariable, VariableValue>();
  #stops: Stop[] = [];
  #check: (() => void) | undefined;

  /** @param predicate default: all variables were updated. */
  constructor(variables: readonly BaseVariable[], predicate?: WaitPredicate) {
    this.#variables = variables;
    this.#predicate = predicate ?? ((values) => values.every((value) => value.updated));
    this.#check = undefined;
  }

  /** Begins to listen, forgets what came before. */
  async arm(): Promise<void> {
    this.disarm();
    for (const variable of this.#variables) {
      this.#values.set(variable, await variable.getVariableValue({ read: false }));
      const stop = variable.addListener((_path, value) => {
        this.#values.set(variable, value.withUpdated(true));
        this.#check?.();
      });
      this.#stops.push(stop);
    }
  }

  /** Ends listening. */
  disarm(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#values.clear();
  }

  /** Snapshots by variable. */
  get_values(): ReadonlyMap<BaseVariable, VariableValue> {
    return this.#values;
  }

  /**
   * Waits until the predicate holds.
   *
   * @param timeout seconds, 0 = without end.
   * @returns false when the time passed.
   */
  async wait(timeout = 0): Promise<boolean> {
    if (this.#stops.length === 0) await this.arm();
    const holds = (): boolean => {
      const values = this.#variables.map((variable) => this.#values.get(variable));
      return this.#predicate(values.filter((value) => value !== undefined));
    };
    try {
      if (holds()) return true;
      const clock = this.#variables[0]?.root?.clock;
      return await new Promise<boolean>((resolve, reject) => {
        const stop =
          timeout > 0 ? clock?.at(clock.monotonicMs + timeout * 1000, () => resolve(false)) : undefined;
        this.#check = () => {
          try {
            if (!holds()) return;
            stop?.();
            resolve(true);
          } catch (error) {
            reject(toError(error));
          }
        };
      });
    } finally {
      this.#check = undefined;
      this.disarm();
    }
  }
}

/** Waits until a condition on several variables holds; without one, until all were updated. See {@link VariableWaitClass}. */
export async function VariableWait(
  variables: readonly BaseVariable[],
  predicate?: WaitPredicate,
  timeout = 0,
): Promise<boolean> {
  const wait = new VariableWaitClass(variables, predicate);
  await wait.arm();
  return wait.wait(timeout);
}
