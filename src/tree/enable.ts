import { VariableError } from './errors.ts';
import type { EnumMap } from './model/index.ts';
import type { MaybePromise, SetOptions } from './types.ts';
import { clip } from './value-tools.ts';
import { BaseVariable } from './variable.ts';

/** State of a device: on, off itself, off with a device above, or off for a dependency. */
export type EnableState = boolean | 'parent' | 'deps';

const labels: EnumMap = new Map<EnableState, string>([
  [false, 'False'],
  [true, 'True'],
  ['parent', 'ParentFalse'],
  ['deps', 'ExtDepFalse'],
]);

/**
 * The variable `enable` of every device. A device that is not enabled makes no accesses: reads give what is known,
 * writes only stage, commands do nothing.
 */
export class EnableVariable extends BaseVariable<EnableState> {
  #value: boolean;
  readonly #deps: readonly BaseVariable[];

  constructor(enabled: boolean, deps: readonly BaseVariable[]) {
    super({
      name: 'enable',
      description: 'Determines if device is enabled for hardware access',
      mode: 'RW',
      value: enabled,
      enum: labels,
      groups: 'Enable',
      bulkOpEn: false,
    });
    this.#value = enabled;
    this.#deps = deps;
    for (const variable of deps) this.addDependency(variable);
  }

  override get value(): EnableState {
    if (!this.#value) return false;
    if (!this.#deps.every((variable) => isTruthy(variable.value))) return 'deps';
    const dev = this.parent;
    if (dev === null || dev.parent === null || dev.parent === dev) return true;
    return dev.parent.isEnabled ? true : 'parent';
  }

  override _lastValue(): unknown {
    return this.#value;
  }

  override _read(): EnableState {
    return this.value;
  }

  override _write(value: unknown, options: SetOptions): MaybePromise<void> {
    // Where the device is off for a reason elsewhere, writing that reason back must not change its own switch.
    if (value === 'parent' || value === 'deps') return undefined;
    if (typeof value !== 'boolean') {
      throw new VariableError(`Type mismatch for ${this.path}: ${clip(value)} is no boolean`, {
        path: this.path,
      });
    }
    const before = this.value;
    this.#value = value;
    const now = this.value;
    const finish = (): void => {
      // Not by _queueUpdate: that is silent on a device that is off.
      if (options.write !== false) this.root?._engine.queue(this, undefined);
    };
    if (before === now || this.parent === null) return finish();
    const result = this.parent.enableChanged(now);
    return result instanceof Promise ? result.then(finish) : finish();
  }

  override async _stageDefault(): Promise<void> {
    // The switch has its value from the constructor; a start changes nothing.
  }

  override _setDefault(value: unknown): void {
    super._setDefault(value);
    if (typeof value === 'boolean') this.#value = value;
  }
}

function isTruthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return Boolean(value);
}
