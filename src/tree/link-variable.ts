import { errorText } from '../util/index.ts';
import type { Block } from './block.ts';
import type { Device } from './device.ts';
import { VariableError } from './errors.ts';
import type { VariableKind } from './kind.ts';
import type { EnumMap } from './model/index.ts';
import type { GetOptions, MaybePromise, Mode, SetOptions } from './types.ts';
import type { UpdateGroup } from './update-engine.ts';
import { BaseVariable, type VariableOptions } from './variable.ts';

/** What a `linkedGet` gets. */
export interface LinkedGetContext<T> {
  readonly dev: Device;
  readonly var: LinkVariable<T>;
  /** Ask the hardware; otherwise use the values known. */
  readonly read: boolean;
  readonly index: number;
  readonly wait: boolean;
}

/** What a `linkedSet` gets. */
export interface LinkedSetContext<T> {
  readonly dev: Device;
  readonly var: LinkVariable<T>;
  readonly value: T;
  readonly write: boolean;
  readonly index: number;
  readonly verify: boolean;
  readonly wait: boolean;
}

/** Settings of a {@link LinkVariable}. */
export interface LinkVariableOptions<T = unknown> extends Omit<VariableOptions<T>, 'minimum' | 'maximum'> {
  /** The variable that this one stands for: reads, writes, display, units and limits are its own. */
  readonly variable?: BaseVariable<T>;
  /** Variables whose updates make this one be evaluated and told anew. */
  readonly dependencies?: Iterable<BaseVariable>;
  /** Computes the value. */
  linkedGet?(this: void, context: LinkedGetContext<T>): MaybePromise<T>;
  /** Takes a value. */
  linkedSet?(this: void, context: LinkedSetContext<T>): MaybePromise<void>;
}

/** A variable computed from others. Without `linkedSet` it is read only, without `linkedGet` write only. */
export class LinkVariable<T = unknown> extends BaseVariable<T> {
  readonly #target: BaseVariable<T> | undefined;
  readonly #linkedGet: LinkVariableOptions<T>['linkedGet'];
  readonly #linkedSet: LinkVariableOptions<T>['linkedSet'];
  readonly #hasDisp: boolean;
  #value: T | null;

  constructor(options: LinkVariableOptions<T>) {
    if ('minimum' in options || 'maximum' in options) {
      throw new VariableError(`Invalid use of min or max values with LinkVariable ${options.name ?? ''}`);
    }
    super({ ...options, mode: modeOf(options), pollInterval: 0 });
    this.#target = options.variable;
    this.#linkedGet = options.linkedGet;
    this.#linkedSet = options.linkedSet;
    this.#hasDisp = options.disp !== undefined || (options.enum !== undefined && options.enum !== null);
    this.#value = null;
    if (options.variable !== undefined) this.addDependency(options.variable);
    for (const variable of options.dependencies ?? []) this.addDependency(variable);
    if (options.pollInterval !== undefined && options.pollInterval > 0) {
      for (const variable of this.dependencies) pushDown(variable, options.pollInterval);
    }
  }

  override get disp(): string {
    return this.#hasDisp || this.#target === undefined ? super.disp : this.#target.disp;
  }
  override get enum(): EnumMap | null {
    return this.#hasDisp || this.#target === undefined ? super.enum : this.#target.enum;
  }
  override get units(): string | null {
    return super.units ?? this.#target?.units ?? null;
  }
  override get minimum(): number | bigint | null {
    return this.#target?.minimum ?? null;
  }
  override get maximum(): number | bigint | null {
    return this.#target?.maximum ?? null;
  }
  override get kind(): VariableKind {
    // A bare link has the values of its variable, width and all; a computed one those of the computation.
    const isBare = this.#target !== undefined && this.#linkedGet === undefined;
    if (isBare && this.enum === null && !this._hasTypeStr) return this.#target.kind;
    return super.kind;
  }

  /** Smallest poll interval of the dependencies that have one, in seconds. */
  override get pollInterval(): number {
    let smallest = 0;
    for (const { pollInterval } of this.dependencies) {
      if (pollInterval > 0 && (smallest === 0 || pollInterval < smallest)) smallest = pollInterval;
    }
    return smallest;
  }

  /** Gives the interval to the dependencies that have none or a longer one; 0 ends the polling of all. */
  override setPollInterval(seconds: number): void {
    for (const variable of this.dependencies) {
      if (seconds === 0) variable.setPollInterval(0);
      else pushDown(variable, seconds);
    }
  }

  /** Blocks of the variables below, each once. */
  get depBlocks(): Block[] {
    const out = new Set<Block>();
    for (const variable of this.dependencies) {
      if (variable instanceof LinkVariable) for (const block of variable.depBlocks) out.add(block);
      else if (variable._block !== undefined) out.add(variable._block);
    }
    return [...out];
  }

  override get value(): T {
    if (this.#target !== undefined && this.#linkedGet === undefined) return this.#target.value;
    return this.#value as T;
  }

  override _lastValue(): unknown {
    return this.#value;
  }

  override _read(options: GetOptions & { readonly group?: UpdateGroup | undefined }): MaybePromise<T> {
    const { read = true, index = -1, wait = true } = options;
    const store = (value: T): T => {
      this._setError(null);
      if (index < 0) this.#value = value;
      return value;
    };
    const fail = (error: unknown): never => {
      this._setError(errorText(error));
      throw error;
    };
    try {
      const value = this.#evaluate(read, index, wait);
      return value instanceof Promise ? value.then(store, fail) : store(value);
    } catch (error) {
      return fail(error);
    }
  }

  #evaluate(read: boolean, index: number, wait: boolean): MaybePromise<T> {
    const dev = this.parent;
    if (this.#linkedGet !== undefined && dev !== null) {
      return this.#linkedGet({ dev, var: this, read, index, wait });
    }
    return this.#target?._read({ read, index, wait }) ?? (this.#value as T);
  }

  // An error of a variable below is this one's as well: its value is as old.
  override _makeValue(value: T): ReturnType<BaseVariable<T>['_makeValue']> {
    const failed = this.dependencies.find((variable) => variable.error !== null);
    if (failed !== undefined && this.error === null) {
      this._setError(failed.error);
      const snapshot = super._makeValue(value);
      this._setError(null);
      return snapshot;
    }
    return super._makeValue(value);
  }

  override _write(value: unknown, options: SetOptions): MaybePromise<void> {
    const { write = true, index = -1, verify = true, wait = true } = options;
    const dev = this.parent;
    if (this.#linkedSet !== undefined && dev !== null) {
      return this.#linkedSet({ dev, var: this, value: value as T, write, index, verify, wait });
    }
    if (this.#target !== undefined) return this.#target._write(value, options);
    throw new VariableError(`variable ${this.path} is read only: it has no linkedSet`, { path: this.path });
  }

  override async write(options: { readonly verify?: boolean; readonly wait?: boolean } = {}): Promise<void> {
    await this.#target?.write(options);
  }

  override async _stageDefault(): Promise<void> {
    // The default of a link only tells its type: writing it would write the variables below.
  }

  override async _firstValue(): Promise<unknown> {
    if (this.#linkedGet === undefined && this.#target === undefined) return null;
    try {
      return await this._read({ read: false });
    } catch (error) {
      this.log.warn({ error }, `Error computing the first value of ${this.path}: ${errorText(error)}`);
      return null;
    }
  }

  override _parseText(text: string, index: number): unknown {
    const target = this.#target;
    return target !== undefined && !this.#hasDisp
      ? target._parseText(text, index)
      : super._parseText(text, index);
  }
}

function modeOf<T>(options: LinkVariableOptions<T>): Mode {
  const target = options.variable;
  const canGet = options.linkedGet !== undefined || (target !== undefined && target.mode !== 'WO');
  const canSet = options.linkedSet !== undefined || (target !== undefined && target.mode !== 'RO');
  if (!canSet) return 'RO';
  if (!canGet) return 'WO';
  return options.mode ?? 'RW';
}

function pushDown(variable: BaseVariable, seconds: number): void {
  const present = variable.pollInterval;
  if (present === 0 || present > seconds) variable.setPollInterval(seconds);
}
