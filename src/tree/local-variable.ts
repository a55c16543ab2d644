import { errorText } from '../util/index.ts';
import type { Device } from './device.ts';
import { VariableError } from './errors.ts';
import { intTypeOf } from './kind.ts';
import { Mutex } from './mutex.ts';
import {
  asNdArray,
  isSameValue,
  type NativeType,
  narrowInt,
  nativeTypeName,
  nativeTypeOf,
  ndarray,
} from './native.ts';
import type { GetOptions, MaybePromise, SetOptions } from './types.ts';
import type { UpdateGroup } from './update-engine.ts';
import { clip, elementOf } from './value-tools.ts';
import { BaseVariable, type VariableOptions } from './variable.ts';

/** What a `localSet` gets besides the value. */
export interface LocalSetContext<T> {
  readonly dev: Device;
  readonly var: LocalVariable<T>;
  /** The value differs from the one before; lists and dictionaries always do. */
  readonly changed: boolean;
}

/** What a `localGet` gets. */
export interface LocalGetContext<T> {
  readonly dev: Device;
  readonly var: LocalVariable<T>;
}

/** Settings of a {@link LocalVariable}: `value` or `localGet` is required. */
export interface LocalVariableOptions<T = unknown> extends VariableOptions<T> {
  /** Called with each value set, also with those only staged: once at start with the default. */
  localSet?(this: void, value: T, context: LocalSetContext<T>): MaybePromise<void>;
  /** Gives the value, at every access. */
  localGet?(this: void, context: LocalGetContext<T>): MaybePromise<T>;
}

/**
 * A variable whose value lives in the program.
 *
 * With a `localGet` the getter `value` gives what it returned last; `get` calls it, `get({read: false})` too.
 */
export class LocalVariable<T = unknown> extends BaseVariable<T> {
  readonly #localSet: LocalVariableOptions<T>['localSet'];
  readonly #localGet: LocalVariableOptions<T>['localGet'];
  readonly #mutex: Mutex;
  #value: unknown;

  constructor(options: LocalVariableOptions<T>) {
    super(options);
    if (options.value === undefined && options.localGet === undefined) {
      throw new VariableError(`LocalVariable ${this.name} without localGet must specify value= argument`, {
        path: this.name,
      });
    }
    this.#localSet = options.localSet;
    this.#localGet = options.localGet;
    this.#mutex = new Mutex();
    this.#value = this.defaultValue;
  }

  override get value(): T {
    return this.#value as T;
  }

  override _lastValue(): unknown {
    return this.#value;
  }

  /**
   * Changes the value by what it is now, with no other `update` of this variable in between.
   *
   * @throws {VariableError} as `set`.
   */
  async update(change: (value: T) => MaybePromise<T>): Promise<void> {
    await this.#mutex.run(async () => this.set(await change(await this.get({ read: false }))));
  }

  override _read(options: GetOptions & { readonly group?: UpdateGroup | undefined }): MaybePromise<T> {
    const index = options.index ?? -1;
    const finish = (): T => {
      if (options.read !== false) this._queueUpdate(options.group);
      return elementOf(this.#value, index) as T;
    };
    const dev = this.parent;
    if (this.#localGet === undefined || dev === null || !dev.isEnabled) return finish();
    const result = this.#readLocal(dev);
    return result instanceof Promise ? result.then(finish) : finish();
  }

  #readLocal(dev: Device): MaybePromise<void> {
    const fail = (error: unknown): never => {
      this._setError(errorText(error));
      throw error;
    };
    const store = (value: T): void => {
      this._setError(null);
      this.#value = this.nativeType === 'none' ? value : this.#normalized(value);
    };
    try {
      const value = this.#localGet?.({ dev, var: this });
      if (value instanceof Promise) return value.then(store, fail);
      store(value as T);
      return undefined;
    } catch (error) {
      return fail(error);
    }
  }

  override _write(value: unknown, options: SetOptions): MaybePromise<void> {
    const index = options.index ?? -1;
    const before = this.#value;
    const next = index >= 0 ? this.#withElement(value, index) : this.#checked(value);
    this.#value = next;
    const dev = this.parent;
    const finish = (): void => {
      if (options.write !== false) this._queueUpdate();
    };
    if (this.#localSet === undefined || dev === null || !dev.isEnabled) return finish();
    const changed = !isSameValue(before, next);
    const result = this.#localSet(next as T, { dev, var: this, changed });
    return result instanceof Promise ? result.then(finish) : finish();
  }

  #checked(value: unknown): unknown {
    this.#checkRange(value);
    if (!this.typeCheck || this.nativeType === 'none') return value;
    if (!isOfType(value, this.nativeType)) {
      const found = nativeTypeName(nativeTypeOf(value));
      throw new VariableError(
        `set - ${this.path}: Type mismatch for ${this.path}: value of type ${found}, expected ` +
          `${nativeTypeName(this.nativeType)}. Set typeCheck=False to allow other types`,
        { path: this.path },
      );
    }
    return this.#normalized(value);
  }

  #checkRange(value: unknown): void {
    if (typeof value !== 'number' && typeof value !== 'bigint') return;
    const { minimum, maximum } = this;
    if ((minimum !== null && value < minimum) || (maximum !== null && value > maximum)) {
      throw new VariableError(
        `Value range error for ${this.path}. Value=${value}, Min=${minimum ?? 'None'}, Max=${maximum ?? 'None'}`,
        { path: this.path },
      );
    }
  }

  /** The value in the JavaScript type of this variable: wide integers as bigint, others as number. */
  #normalized(value: unknown): unknown {
    if (this.nativeType === 'float') return typeof value === 'bigint' ? Number(value) : value;
    if (this.nativeType !== 'int') return value;
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value !== 'number' && typeof value !== 'bigint') return value;
    const bits = intTypeOf(this.typeStr)?.bits ?? 0;
    if (bits > 53 && (typeof value === 'bigint' || Number.isInteger(value))) return BigInt(value);
    return narrowInt(value);
  }

  #withElement(value: unknown, index: number): unknown {
    const current = this.#value;
    if (Array.isArray(current)) {
      if (index >= current.length) this.#failIndex(index, current.length);
      return current.with(index, value);
    }
    const array = asNdArray(current);
    if (array === undefined) {
      throw new VariableError(`variable ${this.path} has no elements to set`, { path: this.path });
    }
    if (index >= array.data.length) this.#failIndex(index, array.data.length);
    if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') {
      throw new VariableError(`Type mismatch for ${this.path}: element ${clip(value)} is no number`, {
        path: this.path,
      });
    }
    // A copy: snapshots given out keep their array.
    const data = array.data.slice();
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[index] = BigInt(value);
    else data[index] = Number(value);
    return ArrayBuffer.isView(current) ? data : ndarray(data, array.shape, array.dtype);
  }

  #failIndex(index: number, length: number): never {
    throw new VariableError(
      `index ${index} of variable ${this.path} is out of range, it has ${length} elements`,
      {
        path: this.path,
      },
    );
  }
}

function isOfType(value: unknown, native: NativeType): boolean {
  switch (native) {
    case 'int':
      return typeof value === 'bigint' || typeof value === 'boolean' || Number.isInteger(value);
    case 'float':
      // JavaScript does not tell 2 from 2.0, and a text without a point is a float here as well.
      return typeof value === 'number' || typeof value === 'bigint';
    case 'bool':
      return typeof value === 'boolean';
    case 'str':
      return typeof value === 'string';
    case 'list':
    case 'tuple':
      return Array.isArray(value);
    case 'bytes':
      return value instanceof Uint8Array;
    case 'ndarray':
      return asNdArray(value) !== undefined;
    case 'dict':
      return nativeTypeOf(value) === 'dict';
    default:
      return true;
  }
}
