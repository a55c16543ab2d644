import type { Database, MirrorRecordHandle } from '../../ioc/index.ts';
import {
  type Alarm,
  AlarmCondition,
  type MaybePromise,
  makeAlarm,
  makeTimeStamp,
  type OpContext,
  type ScalarWrite,
  Severity,
  type WriteContext,
} from '../../pv/index.ts';
import type { Value } from '../../pvdata/index.ts';
import { type BaseVariable, isCommand, type VariableValue } from '../../tree/index.ts';
import { errorText, type Logger, type Stop, toError, type WallTime } from '../../util/index.ts';
import { type AlarmStyle, inStyle } from '../alarm.ts';
import type { ValueCodec } from '../codec/codec.ts';
import { IntCodec } from '../codec/number-codec.ts';
import { rpcArgument, rpcReply } from '../command-rpc.ts';
import { ImagePv } from '../image-pv.ts';
import { aliasCodecFor, type RecordChoice, recordFor, type SizeOptions } from '../kind-map.ts';
import { metadataOf } from '../metadata.ts';
import type { MappedVariable } from '../pv-map.ts';
import { type ShownState, stateOf, timeOf } from '../shown-state.ts';
import { VariablePv } from '../variable-pv.ts';
import { type CommandRule, VariableWriter } from '../variable-writer.ts';
import { CommandStatus } from './command-status.ts';
import { recordFields, recordInfo } from './record-fields.ts';

/** Text of the error that a put to a read-only PV gets, on either protocol. */
export const READ_ONLY_TEXT = 'Put Not Supported On This Variable';

/** How holders make their PVs; see `EpicsPvServer`. */
export interface HolderOptions {
  /** Base of the server. */
  readonly base: string;
  readonly sizes: SizeOptions;
  readonly commandRecords: 'long' | 'typed';
  readonly hasCommandStatus: boolean;
  readonly asg: (variable: BaseVariable) => string;
  readonly logger: Logger;
}

/** One served variable, for tools. */
export interface PvEntry {
  readonly path: string;
  readonly fullName: string;
  /** Name on Channel Access; differs from the full name when that is too long. */
  readonly caName: string;
  readonly recordType: string;
  /** Element type of the PV under the full name. */
  readonly pvaType: string;
  readonly isWritable: boolean;
  readonly isCommand: boolean;
}

/** Serves one variable or command: a mirror record, and a PV under the full name when the record's name is hashed. */
export class EpicsPvHolder {
  readonly entry: PvEntry;
  readonly variable: BaseVariable;
  readonly #options: HolderOptions;
  readonly #record: RecordChoice;
  readonly #aliasCodec: ValueCodec | undefined;
  readonly #writer: VariableWriter;
  readonly #status: CommandStatus | undefined;
  #handle: MirrorRecordHandle | undefined;
  #alias: VariablePv | ImagePv | undefined;
  #database: Database | undefined;
  #stopListening: Stop | undefined;
  #publishCount: number;
  #lastRecord: ShownState | undefined;
  #lastAlias: ShownState | undefined;
  readonly #clamped: Set<string>;
  /** Texts of the failures of PVs that cannot be shown now: each is logged once. */
  readonly #failures: Map<string, string>;

  /** @param caName name of the record. */
  constructor(mapped: MappedVariable, caName: string, options: HolderOptions) {
    const { variable, fullName, path } = mapped;
    this.variable = variable;
    this.#options = options;
    const isCalled = isCommand(variable);
    this.#record =
      isCalled && options.commandRecords === 'long'
        ? { inType: 'longin', outType: 'longout', codec: new IntCodec('int32') }
        : recordFor(variable.kind, options.sizes);
    const pvaCodec = aliasCodecFor(variable.kind, options.sizes);
    this.#aliasCodec = caName === fullName ? undefined : pvaCodec;
    this.entry = {
      path,
      fullName,
      caName,
      recordType: variable.mode === 'RO' ? this.#record.inType : this.#record.outType,
      pvaType: (this.#aliasCodec ?? this.#record.codec).type.element,
      isWritable: variable.mode !== 'RO',
      isCommand: isCalled,
    };
    this.#status =
      isCalled && options.hasCommandStatus ? new CommandStatus(variable, options.base, fullName) : undefined;
    this.#writer = new VariableWriter({
      variable,
      logger: options.logger,
      published: () => variable.root?.waitOnUpdate() ?? Promise.resolve(),
      publishNow: () => this.#publishNow(),
      publishCount: () => this.#publishCount,
      ...(this.#status === undefined ? {} : { onCall: this.#status.onCall }),
    });
    this.#handle = undefined;
    this.#alias = undefined;
    this.#database = undefined;
    this.#stopListening = undefined;
    this.#publishCount = 0;
    this.#lastRecord = undefined;
    this.#lastAlias = undefined;
    this.#clamped = new Set();
    this.#failures = new Map();
  }

  /** Names of all records of this variable. */
  get recordNames(): readonly string[] {
    return [this.entry.caName, ...(this.#status?.names ?? [])];
  }

  /** The PV under the full name; undefined when the record has that name itself. */
  get alias(): VariablePv | ImagePv | undefined {
    return this.#alias;
  }

  /** Makes the PVs with their first values, and listens to the variable from then on. */
  async open(database: Database): Promise<void> {
    this.#database = database;
    // Listening begins before the value is asked for: what changes meanwhile must not be missed.
    let newest: VariableValue | undefined;
    this.#stopListening = this.variable.addListener((_path, value) => {
      if (this.#handle === undefined) newest = value;
      else this.#publish(value);
    });
    const first = await this.#readFirst();
    this.#openRecord(database, newest ?? first);
    this.#openAlias(newest ?? first);
    this.#status?.open(database, this.#options.sizes);
  }

  /** The value known now; its error when even that fails, as with a `localGet` that throws. */
  async #readFirst(): Promise<VariableValue | Error> {
    try {
      return await this.variable.getVariableValue({ read: false });
    } catch (error) {
      return toError(error);
    }
  }

  #openRecord(database: Database, first: VariableValue | Error): void {
    const { variable, entry } = this;
    const { type, choices } = this.#record.codec;
    const meta = metadataOf(variable, type, choices);
    this.#lastRecord = this.#firstState(entry.caName, this.#record.codec, first, 'normative');
    this.#handle = database.addRecord(
      entry.recordType,
      entry.caName,
      recordFields(this.#record, entry.recordType, meta, this.#options.asg(variable)),
      {
        info: recordInfo(entry.path, type, meta),
        mirror: {
          support: {
            put: (write, context) => this.#put(this.#record.codec, this.#recordRule, write, context),
            ...(entry.isCommand ? { call: this.#call } : {}),
          },
          element: type.element,
          caText: type.caText,
          caCount: type.caCount,
          isReadOnly: !entry.isWritable,
          refusal: READ_ONLY_TEXT,
          meta,
          initial: this.#lastRecord,
        },
      },
    );
  }

  #openAlias(first: VariableValue | Error): void {
    const codec = this.#aliasCodec;
    if (codec === undefined) return;
    const { variable, entry } = this;
    const initial = this.#firstState(entry.fullName, codec, first, 'condition');
    const write = (put: ScalarWrite, context: WriteContext): MaybePromise<void> =>
      this.#put(codec, 'zero-calls-without', put, context);
    const common = {
      name: entry.fullName,
      initial,
      ...(entry.isWritable ? { write } : {}),
      refusal: READ_ONLY_TEXT,
      onFault: (error: unknown) =>
        this.#options.logger.error({ pv: entry.fullName, error }, 'listener failed'),
    };
    const { kind } = variable;
    this.#lastAlias = initial;
    this.#alias =
      kind.k === 'array' && kind.shape.length > 1
        ? new ImagePv({ ...common, shape: kind.shape })
        : new VariablePv({
            ...common,
            type: codec.type,
            meta: metadataOf(variable, codec.type, codec.choices),
            ...(entry.isCommand ? { call: this.#call } : {}),
          });
  }

  /** The state to begin with. What cannot be shown begins as nothing, INVALID with the reason. */
  #firstState(name: string, codec: ValueCodec, first: VariableValue | Error, style: AlarmStyle): ShownState {
    let failure = first;
    try {
      if (!(first instanceof Error)) return this.#stateOf(codec, first, style);
    } catch (error) {
      failure = toError(error);
    }
    const alarm = this.#failed(name, failure, style);
    const now: WallTime = { seconds: 0, nanoseconds: 0 };
    this.variable.root?.clock.wall(now);
    const { value } = codec.encode(null, () => '');
    return { value, alarm, time: makeTimeStamp(now.seconds, now.nanoseconds) };
  }

  /** Logs a failure that is not the one before, and gives the alarm that clients see. */
  #failed(name: string, error: unknown, style: AlarmStyle): Alarm {
    const text = `cannot show ${this.entry.path} on "${name}": ${errorText(error)}`;
    if (this.#failures.get(name) !== text) this.#options.logger.error({ pv: name, error }, text);
    this.#failures.set(name, text);
    return inStyle(makeAlarm(Severity.Invalid, AlarmCondition.Calc, text), style);
  }

  /** Removes the PVs; puts that wait are refused. */
  close(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#writer.close();
    if (this.#handle !== undefined) this.#database?.removeRecord(this.entry.caName);
    this.#handle = undefined;
    this.#alias?.close();
    this.#alias = undefined;
    this.#status?.close();
  }

  /** With typed records only integers keep the rule that zero calls without argument. */
  get #recordRule(): CommandRule {
    const isTyped = this.#options.commandRecords === 'typed' && this.entry.recordType !== 'longout';
    return isTyped ? 'value-always-passed' : 'zero-calls-without';
  }

  #put(codec: ValueCodec, rule: CommandRule, write: ScalarWrite, context: WriteContext): MaybePromise<void> {
    return this.#writer.write(codec, rule, write, context);
  }

  readonly #call = async (args: Value | null, _context: OpContext): Promise<Value> => {
    const command = this.variable;
    if (!isCommand(command)) throw new TypeError(`${this.entry.path} is no command`);
    return rpcReply(command, await this.#writer.call(rpcArgument(args)));
  };

  async #publishNow(): Promise<void> {
    this.#publish(await this.variable.getVariableValue({ read: false }));
  }

  #publish(value: VariableValue): void {
    this.#publishCount++;
    const { entry } = this;
    this.#lastRecord = this.#show(
      entry.caName,
      this.#record.codec,
      value,
      'normative',
      this.#lastRecord,
      (state) => this.#handle?.mirror.publish(state.value, state.alarm, state.time),
    );
    const codec = this.#aliasCodec;
    if (codec === undefined) return;
    this.#lastAlias = this.#show(entry.fullName, codec, value, 'condition', this.#lastAlias, (state) =>
      this.#alias?.publish(state.value, state.alarm, state.time),
    );
  }

  /** Publishes on one PV. What cannot be shown makes this PV INVALID with its last value, and touches nothing else. */
  #show(
    name: string,
    codec: ValueCodec,
    value: VariableValue,
    style: AlarmStyle,
    last: ShownState | undefined,
    publish: (state: ShownState) => void,
  ): ShownState | undefined {
    try {
      const state = this.#stateOf(codec, value, style);
      publish(state);
      this.#failures.delete(name);
      return state;
    } catch (error) {
      const alarm = this.#failed(name, error, style);
      if (last === undefined) return undefined;
      const state = { value: last.value, alarm, time: timeOf(value) };
      publish(state);
      return state;
    }
  }

  #stateOf(codec: ValueCodec, value: VariableValue, style: AlarmStyle): ShownState {
    const state = stateOf(codec, value, style, this.#shownValue(codec, value.value));
    if (state.alarm.condition === AlarmCondition.HwLimit) this.#warnClamped(codec, value);
    return state;
  }

  /** A command's long record shows its argument when that is an integer. */
  #shownValue(codec: ValueCodec, value: unknown): unknown {
    if (!this.entry.isCommand || codec !== this.#record.codec || codec.type.element !== 'int32') return value;
    const isInteger = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
    return isInteger ? value : 0;
  }

  #warnClamped(codec: ValueCodec, value: VariableValue): void {
    if (this.#clamped.has(codec.type.element)) return;
    this.#clamped.add(codec.type.element);
    this.#options.logger.warn(
      { pv: this.entry.caName },
      `value ${String(value.value)} of ${this.entry.path} does not fit ${codec.type.element}; shown clamped and INVALID`,
    );
  }
}
