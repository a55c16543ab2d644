import { AsyncFeed, errorText, once, type Stop, type WallTime } from '../util/index.ts';
import {
  type AlarmLimits,
  type AlarmSeverity,
  type AlarmState,
  type AlarmStatus,
  alarmOf,
  hasLimits,
} from './alarm.ts';
import type { Block } from './block.ts';
import { displayOf } from './display.ts';
import { type EnumInput, labelOf } from './enum-map.ts';
import { VariableError } from './errors.ts';
import { compileFormat, type Formatter, formatArray } from './format.ts';
import { enumKind, isFloatTypeStr, kindOfNative, type VariableKind } from './kind.ts';
import type { EnumMap, EnumValue } from './model/index.ts';
import {
  asNdArray,
  type NativeType,
  nativeTypeName,
  nativeTypeOf,
  shapeText,
  TypedDefault,
} from './native.ts';
import { Node, type NodeOptions } from './node.ts';
import { parseLiteral } from './python-literal.ts';
import { pyStr } from './python-text.ts';
import type { GetOptions, MaybePromise, Mode, SetOptions } from './types.ts';
import type { UpdateGroup, VarListener } from './update-engine.ts';
import { clip, elementOf, toArray } from './value-tools.ts';
import { VariableValue } from './variable-value.ts';

export { VariableValue } from './variable-value.ts';

/** What all kinds of variables take. */
export interface VariableOptions<T = unknown> extends NodeOptions {
  /** Default `RW`. */
  readonly mode?: Mode;
  /** Default value; also tells the type. A whole number makes an integer: see {@link float}. */
  readonly value?: T | TypedDefault<T> | null;
  /** Python format string; labels make an enumeration; empty shows nothing. Default `{}`. */
  readonly disp?: string | EnumInput | readonly EnumValue[];
  /** Value to label. */
  readonly enum?: EnumInput | null;
  readonly units?: string | null;
  /** Writes below fail. */
  readonly minimum?: number | bigint | null;
  /** Writes above fail. */
  readonly maximum?: number | bigint | null;
  readonly lowWarning?: number | null;
  readonly lowAlarm?: number | null;
  readonly highWarning?: number | null;
  readonly highAlarm?: number | null;
  /** Seconds between reads; 0 (default) = not polled. */
  readonly pollInterval?: number;
  /** Tell listeners of changes. Default true. */
  readonly updateNotify?: boolean;
  /** Name of the type. Default: found from the value. */
  readonly typeStr?: string;
  /** Refuse values of another type than the default's. Default true; local variables only. */
  readonly typeCheck?: boolean;
  /** Take part in bulk operations. Default true. */
  readonly bulkOpEn?: boolean;
  /** Anything else to keep with the variable; see {@link BaseVariable.getExtraAttribute}. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

const precisionPattern = /:([0-9])\.([0-9]*)f/;
const dispPrecisionPattern = /\{0?(?:![rsa])?:[^{}]*\.(\d+)[eEfF%]\}/;
const floatDispPattern = /\{0?:[^{}]*[eEfFgG%]\}/;
const MAX_FEED = 256;

/** A variable of the tree: its value, how it is shown, its limits, and who hears of its changes. */
export abstract class BaseVariable<T = unknown> extends Node implements AlarmLimits {
  readonly #mode: Mode;
  readonly #disp: string;
  readonly #enum: EnumMap | null;
  readonly #units: string | null;
  readonly #minimum: number | bigint | null;
  readonly #maximum: number | bigint | null;
  readonly lowWarning: number | null;
  readonly lowAlarm: number | null;
  readonly highWarning: number | null;
  readonly highAlarm: number | null;
  readonly updateNotify: boolean;
  readonly typeCheck: boolean;
  readonly bulkOpEn: boolean;
  readonly #extra: Readonly<Record<string, unknown>>;
  #default: unknown;
  #nativeType: NativeType;
  #typeStr: string;
  readonly #hasTypeStr: boolean;
  #pollInterval: number;
  #formatter: Formatter | undefined;
  #formatterText: string;
  #revEnum: ReadonlyMap<string, EnumValue> | undefined;
  #error: string | null;
  /** @internal */
  _listeners: readonly VarListener[];
  /** @internal Variables that are told in the same batch. */
  _dependents: readonly BaseVariable[];
  readonly #dependencies: BaseVariable[];
  #block: Block | undefined;

  constructor(options: VariableOptions<T>) {
    super(options, { expand: true });
    const { mode = 'RW', value } = options;
    if (mode !== 'RW' && mode !== 'RO' && mode !== 'WO') {
      throw new VariableError(
        `Invalid variable mode ${String(mode)} of ${this.name}. Supported: RW, RO, WO`,
        {
          path: this.name,
        },
      );
    }
    const plain = value instanceof TypedDefault ? value.value : (value ?? null);
    const typeStr = options.typeStr ?? 'Unknown';
    const found = nativeTypeOf(value);
    const native = found === 'int' && isFloatTypeStr(typeStr) ? 'float' : found;
    const { disp, map } = displayOf(options, native);
    if (map !== null && (native === 'ndarray' || native === 'list' || native === 'dict')) {
      throw new VariableError(`Invalid use of enum with value of type ${native} in variable ${this.name}`, {
        path: this.name,
      });
    }
    this.#mode = mode;
    this.#disp = disp;
    this.#enum = map;
    this.#units = options.units ?? null;
    this.#minimum = options.minimum ?? null;
    this.#maximum = options.maximum ?? null;
    this.lowWarning = options.lowWarning ?? null;
    this.lowAlarm = options.lowAlarm ?? null;
    this.highWarning = options.highWarning ?? null;
    this.highAlarm = options.highAlarm ?? null;
    this.updateNotify = options.updateNotify ?? true;
    this.typeCheck = options.typeCheck ?? true;
    this.bulkOpEn = options.bulkOpEn ?? true;
    this.#extra = options.extra ?? {};
    this.#default = plain;
    this.#nativeType = native;
    this.#typeStr = typeStr;
    this.#hasTypeStr = typeStr !== 'Unknown';
    this.#pollInterval = options.pollInterval ?? 0;
    this.#formatter = undefined;
    this.#formatterText = '';
    this.#revEnum = undefined;
    this.#error = null;
    this._listeners = [];
    this._dependents = [];
    this.#dependencies = [];
    this.#block = undefined;
    if (native !== 'none') this._setNativeType(native, plain);
  }

  override get isVariable(): boolean {
    return true;
  }
  protected override get family(): string {
    return 'Variable';
  }
  get mode(): Mode {
    return this.#mode;
  }
  /** Python format string; `enum` when the values have labels. */
  get disp(): string {
    return this.#disp;
  }
  /** Value to label in order, or null. */
  get enum(): EnumMap | null {
    return this.#enum;
  }
  /** Label to value, or null; of equal labels the last counts. */
  get revEnum(): ReadonlyMap<string, EnumValue> | null {
    const map = this.enum;
    if (map === null) return null;
    this.#revEnum ??= new Map([...map].map(([value, label]) => [label, value]));
    return this.#revEnum;
  }
  get units(): string | null {
    return this.#units;
  }
  get minimum(): number | bigint | null {
    return this.#minimum;
  }
  get maximum(): number | bigint | null {
    return this.#maximum;
  }
  get nativeType(): NativeType {
    return this.#nativeType;
  }
  get typeStr(): string {
    return this.#typeStr;
  }
  /** numpy's element type of array variables, else null. */
  get ndType(): string | null {
    return this.nativeType === 'ndarray' ? (asNdArray(this.value)?.dtype ?? null) : null;
  }
  /** PyRogue's digits after the point: of a `:N.Mf` display, else 8; 0 for what is no float. */
  get precision(): number {
    if (this.nativeType !== 'float' && this.nativeType !== 'ndarray') return 0;
    const digits = precisionPattern.exec(this.disp)?.[2];
    return digits === undefined || digits === '' ? 8 : Number(digits);
  }
  /** Digits after the point that the display shows, also for `{:.3f}`; `precision` when it does not say. */
  get dispPrecision(): number {
    if (this.nativeType !== 'float' && this.nativeType !== 'ndarray') return 0;
    const digits = dispPrecisionPattern.exec(this.disp)?.[1];
    return digits === undefined ? this.precision : Number(digits);
  }
  /** What the values are, in the terms that servers map from. */
  get kind(): VariableKind {
    const map = this.enum;
    return map === null ? kindOfNative(this.nativeType, this.typeStr, this._lastValue()) : enumKind(map);
  }
  get hasAlarm(): boolean {
    return hasLimits(this);
  }
  get alarmStatus(): AlarmStatus {
    return this._alarmOf(this.value).status;
  }
  get alarmSeverity(): AlarmSeverity {
    return this._alarmOf(this.value).severity;
  }
  /** Why the last poll or read failed; null when it did not. */
  get error(): string | null {
    return this.#error;
  }
  /** The default value of the options, null when none. */
  get defaultValue(): unknown {
    return this.#default;
  }
  /** Something of the `extra` option; undefined when not there. */
  getExtraAttribute(name: string): unknown {
    return Object.hasOwn(this.#extra, name) ? this.#extra[name] : undefined;
  }

  /** The value known now, without asking hardware; what a `localGet` or `linkedGet` gave last. */
  abstract get value(): T;

  /** @internal The primitive of all reads. */
  abstract _read(options: GetOptions & { readonly group?: UpdateGroup | undefined }): MaybePromise<T>;
  /** @internal The primitive of all writes. */
  abstract _write(value: unknown, options: SetOptions): MaybePromise<void>;

  /** One element of the value known now. */
  valueAt(index: number): unknown {
    return elementOf(this.value, index);
  }

  /**
   * Reads the value.
   *
   * @throws {MemoryError} when a transaction fails; what a `localGet` or `linkedGet` throws.
   */
  async get(options: GetOptions = {}): Promise<T> {
    try {
      return await this._read(options);
    } catch (error) {
      this.log.error({ error }, `Error reading value from variable ${this.path}: ${errorText(error)}`);
      throw error;
    }
  }

  /**
   * Writes a value, reads it back where the variable verifies, and tells listeners.
   *
   * @throws {VariableError} EPICS_CONVERT when type or range do not fit.
   * @throws {MemoryError} when a transaction fails.
   */
  async set(value: T, options: SetOptions = {}): Promise<void> {
    await this._setLogged(value, options);
  }

  /** Writes a value without waiting for an answer or verifying, where the variable has that; else as `set`. */
  async post(value: T, options: { readonly index?: number } = {}): Promise<void> {
    await this._setLogged(value, { ...options, verify: false });
  }

  /** Writes what is staged. Nothing to do for variables without memory. */
  write(_options: { readonly verify?: boolean; readonly wait?: boolean } = {}): Promise<void> {
    return Promise.resolve();
  }

  /** @internal */
  async _setLogged(value: unknown, options: SetOptions): Promise<void> {
    try {
      await this._write(value, options);
    } catch (error) {
      this.log.error(
        { error },
        `Error setting value ${clip(value)} to variable ${this.path}: ${errorText(error)}`,
      );
      throw error;
    }
  }

  /** Reads the value as display text. */
  async getDisp(options: GetOptions = {}): Promise<string> {
    return this.genDisp(await this.get(options));
  }

  /** Display text of the value known now. */
  get valueDisp(): string {
    return this.genDisp(this.value);
  }

  /** Writes a display text: a label, a text, or a Python or JSON literal. Anything but text is written as it is. */
  async setDisp(text: unknown, options: SetOptions = {}): Promise<void> {
    await this._setLogged(this.parseDisp(text, options.index), options);
  }

  /** Reads the value with alarm state and time. */
  async getVariableValue(options: { readonly read?: boolean } = {}): Promise<VariableValue<T>> {
    return await this._snapshot(options.read ?? true);
  }

  /** @internal A promise only when the value has to be awaited. */
  _snapshot(isRead: boolean): MaybePromise<VariableValue<T>> {
    const value = this._read({ read: isRead });
    return value instanceof Promise ? value.then((now) => this._makeValue(now)) : this._makeValue(value);
  }

  /** @internal */
  _makeValue(value: T): VariableValue<T> {
    const time: WallTime = { seconds: 0, nanoseconds: 0 };
    this.root?.clock.wall(time);
    return new VariableValue(this, value, this._alarmOf(value), time, this.#error);
  }

  /** @internal */
  _alarmOf(value: unknown): AlarmState {
    return alarmOf(value, this);
  }

  /** Display text of a value. A value without label shows as `INVALID: <value>`. */
  genDisp(value: unknown): string {
    const disp = this.disp;
    if (disp === '') return '';
    const map = this.enum;
    if (map !== null && asNdArray(value) === undefined) {
      const label = labelOf(map, value);
      if (label !== undefined) return label;
      this.log.warn(`Invalid enum value ${pyStr(value)} in variable ${this.path}`);
      return `INVALID: ${pyStr(value)}`;
    }
    const format = this.#format(map === null ? disp : '{}');
    return formatArray(value, format) ?? format(value, this.nativeType);
  }

  #format(disp: string): Formatter {
    if (this.#formatter === undefined || this.#formatterText !== disp) {
      this.#formatter = compileFormat(disp);
      this.#formatterText = disp;
    }
    return this.#formatter;
  }

  /**
   * Value of a display text; anything but text is returned as it is.
   *
   * @throws {VariableError} EPICS_CONVERT when the text is no label or literal of this variable.
   */
  parseDisp(text: unknown, index = -1): unknown {
    if (typeof text !== 'string') return text;
    try {
      return this._parseText(text, index);
    } catch (error) {
      const type = nativeTypeName(this.nativeType);
      throw new VariableError(
        `Invalid value ${clip(text)} for variable ${this.name} with type ${type}: ${errorText(error)}`,
        { path: this.path, cause: error },
      );
    }
  }

  /** @internal */
  _parseText(text: string, index: number): unknown {
    const labels = this.revEnum;
    if (labels !== null) {
      const value = labels.get(text);
      if (value === undefined) throw new SyntaxError(`no label of ${[...labels.keys()].join(', ')}`);
      return value;
    }
    const native = this.nativeType;
    if (native === 'str') return text;
    const literal = parseLiteral(text.trim());
    if (native === 'ndarray' && index < 0) return toArray(literal.value, asNdArray(this._lastValue())?.dtype);
    return literal.value;
  }

  // ---- listeners ----

  /**
   * Tells a function of every update, or makes another variable follow this one: it is evaluated anew and told in the
   * same batch. Adding the same one twice has no effect.
   */
  addListener(listener: VarListener | BaseVariable): Stop {
    if (listener instanceof BaseVariable) {
      if (!this._dependents.includes(listener)) this._dependents = [...this._dependents, listener];
    } else if (!this._listeners.includes(listener)) {
      this._listeners = [...this._listeners, listener];
    }
    return once(() => this.delListener(listener));
  }

  delListener(listener: VarListener | BaseVariable): void {
    this._dependents = this._dependents.filter((other) => other !== listener);
    this._listeners = this._listeners.filter((other) => other !== listener);
  }

  /** Calls `listener` with each snapshot. */
  on(_event: 'update', listener: (value: VariableValue<T>) => void): Stop {
    return this.addListener((_path, value) => listener(value as VariableValue<T>));
  }

  /** All updates from now on; a slow reader loses the oldest beyond 256. */
  updates(options: { readonly signal?: AbortSignal } = {}): AsyncIterableIterator<VariableValue<T>> {
    let stop: Stop | undefined;
    const feed = new AsyncFeed<VariableValue<T>>({
      capacity: MAX_FEED,
      onEnd: () => stop?.(),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    if (!feed.isEnded) stop = this.on('update', (value) => feed.push(value));
    return feed;
  }

  /** Makes this variable follow another. */
  addDependency(variable: BaseVariable): void {
    if (!this.#dependencies.includes(variable)) this.#dependencies.push(variable);
    variable.addListener(this);
  }

  /** Variables that this one follows. */
  get dependencies(): readonly BaseVariable[] {
    return this.#dependencies;
  }

  // ---- polling ----

  /** Seconds between reads, 0 = not polled. */
  get pollInterval(): number {
    return this.#pollInterval;
  }

  setPollInterval(seconds: number): void {
    if (!(seconds >= 0)) {
      throw new VariableError(`poll interval ${seconds} of ${this.path} is not 0 or more seconds`, {
        path: this.path,
      });
    }
    this.#pollInterval = seconds;
    this._updatePollInterval();
  }

  /** @internal */
  _updatePollInterval(): void {
    if (this.#block !== undefined) this.root?._poll.update(this.#block);
  }

  /** @internal The block that the variable is part of. */
  get _block(): Block | undefined {
    return this.#block;
  }
  /** @internal */
  _setBlock(block: Block): void {
    this.#block = block;
  }

  // ---- start ----

  /** @internal Replaces the default of the constructor, as a device's `defaults` do. */
  _setDefault(value: unknown): void {
    this.#default = value instanceof TypedDefault ? value.value : value;
  }

  /** @internal */
  override async _finishInit(): Promise<void> {
    if (this.#default !== null) await this._stageDefault(this.#default);
    if (this.#nativeType === 'none') {
      const value = await this._firstValue();
      const native = nativeTypeOf(value);
      const isFloat = native === 'int' && (isFloatTypeStr(this.#typeStr) || floatDispPattern.test(this.disp));
      this._setNativeType(isFloat ? 'float' : native, value);
    }
    this._updatePollInterval();
  }

  /** @internal */
  async _stageDefault(value: unknown): Promise<void> {
    await this.setDisp(value, { write: false });
  }

  /** @internal */
  async _firstValue(): Promise<unknown> {
    return await this._read({ read: false });
  }

  /** @internal */
  _setNativeType(native: NativeType, value: unknown): void {
    this.#nativeType = native;
    const array = native === 'ndarray' ? asNdArray(value) : undefined;
    if (array !== undefined) this.#typeStr = `${array.dtype}${shapeText(array.shape)}`;
    else if (!this.#hasTypeStr) this.#typeStr = nativeTypeName(native);
  }

  /** @internal */
  _setType(native: NativeType, typeStr: string): void {
    this.#nativeType = native;
    if (!this.#hasTypeStr) this.#typeStr = typeStr;
  }

  /** @internal True when the options named the type. */
  get _hasTypeStr(): boolean {
    return this.#hasTypeStr;
  }

  /** @internal A value for finding out about arrays; never asks anyone. */
  _lastValue(): unknown {
    return this.#default;
  }

  /** @internal Reads that fail leave their text here, those that succeed null. */
  _setError(text: string | null): void {
    this.#error = text;
  }

  /** @internal */
  _queueUpdate(group?: UpdateGroup): void {
    if (!this.updateNotify || this.parent?.isEnabled === false) return;
    this.root?._engine.queue(this, group);
  }

  /** Everything known about the variable, by PyRogue's names and in their order. */
  properties(): Record<string, unknown> {
    return {
      value: this.value,
      valueDisp: this.valueDisp,
      class: this.constructor.name,
      name: this.name,
      path: this.path,
      mode: this.mode,
      typeStr: this.typeStr,
      enum: this.enum,
      disp: this.disp,
      precision: this.precision,
      units: this.units,
      minimum: this.minimum,
      maximum: this.maximum,
      nativeType: this.nativeType,
      ndType: this.ndType,
      updateNotify: this.updateNotify,
      hasAlarm: this.hasAlarm,
      lowWarning: this.lowWarning,
      highWarning: this.highWarning,
      lowAlarm: this.lowAlarm,
      highAlarm: this.highAlarm,
      alarmStatus: this.alarmStatus,
      alarmSeverity: this.alarmSeverity,
      pollInterval: this.pollInterval,
    };
  }
}
