import {
  AlarmCondition,
  type EventMask,
  type MaybePromise,
  type Metadata,
  type MonitorContext,
  MonitorList,
  makeAlarm,
  makeScalarType,
  makeSnapshot,
  type OpContext,
  type Peer,
  type PvValue,
  type ReadContext,
  Rights,
  type ScalarType,
  type ScalarWrite,
  type ServedScalarPv,
  Severity,
  type Snapshot,
  type UpdateSink,
  type WriteContext,
} from '../pv/index.ts';
import type { Value } from '../pvdata/index.ts';
import { AccessError, errorText, Listeners, noStop, type Stop, toError } from '../util/index.ts';
import { acknowledge, acknowledgeTransient } from './alarm-latch.ts';
import { bytesToText, textToBytes } from './convert.ts';
import { type FieldDef, isLinkType } from './dbd/field-def.ts';
import { deviceView } from './device/soft.ts';
import { arrayType, fieldElement, fieldValue } from './field-value.ts';
import { fieldMetadata } from './metadata.ts';
import { isWritable } from './put.ts';
import { putAndProcess, putAndWait } from './put-field.ts';
import type { FieldWatcher, RecordBase } from './record.ts';

const LONGEST_LINK_TEXT = 1024;

/** Tells whether `$` after the field asks for its text as bytes. */
export function hasLongForm(field: FieldDef): boolean {
  return field.type === 'string' || field.type === 'lstring' || isLinkType(field.type);
}

function isTextArray(record: RecordBase, field: FieldDef): boolean {
  if (field.type !== 'array' || field.name !== 'VAL') return false;
  const type = arrayType(record);
  return (type === 'char' || type === 'uchar') && record.infoTags.get('Q:form') === 'String';
}

/** Type that a field is served as now. */
export function fieldScalarType(record: RecordBase, field: FieldDef, isLong: boolean): ScalarType {
  if (isLong) {
    const size = field.type === 'lstring' ? (record.slot('SIZV') as number) : field.size || LONGEST_LINK_TEXT;
    return makeScalarType('int8', { isArray: true, caCount: size });
  }
  const options = field.name === 'VAL' ? record.mirror?.options : undefined;
  const count = field.type === 'array' ? (record.slot('NELM') as number) : 1;
  const caCount = options?.caCount ?? count;
  if (options?.caText === true || (options === undefined && isTextArray(record, field))) {
    return makeScalarType('string', { caCount, caText: true });
  }
  const element = options?.element ?? fieldElement(record, field);
  return makeScalarType(element, { isArray: field.type === 'array', caCount });
}

/** A field of a record, read-only. */
export class FieldPv implements ServedScalarPv, FieldWatcher {
  readonly name: string;
  readonly type: ScalarType;
  readonly className: string;
  readonly field: FieldDef;
  protected readonly record: RecordBase;
  readonly #isLong: boolean;
  readonly #tagBits: number;
  readonly #monitors: MonitorList<Snapshot> = new MonitorList();
  readonly #closed: Listeners<Error | undefined>;
  #stopWatch: Stop = noStop;
  #meta: Metadata | undefined = undefined;
  #metaCount = -1;
  #textOf: PvValue | undefined = undefined;
  #text = '';
  #reading: Promise<void> | undefined = undefined;

  constructor(record: RecordBase, field: FieldDef, isLong: boolean) {
    this.record = record;
    this.field = field;
    this.#isLong = isLong;
    const suffix = isLong ? '$' : '';
    this.name = field.name === 'VAL' && !isLong ? record.NAME : `${record.NAME}.${field.name}${suffix}`;
    this.type = fieldScalarType(record, field, isLong);
    this.className = record.type.name;
    this.#tagBits = timeTagBits(record);
    this.#closed = new Listeners((error) => {
      record.context.logger.error({ pv: this.name, error: errorText(error) }, 'close listener failed');
    });
  }

  rights(peer: Peer): Rights {
    if (isWritable(this.record, this.field)) return Rights.ReadWrite;
    // PVAccess does not show rights: the put goes through and is refused in the owner's words.
    const { mirror } = this.record;
    const hasWords = this.field.name === 'VAL' && mirror?.options.refusal !== undefined;
    return hasWords && peer.protocol === 'pva' ? Rights.ReadWrite : Rights.Read;
  }

  /** The complete current state. */
  snapshot(): Snapshot {
    const { record } = this;
    return makeSnapshot(this.#value(), record.alarm, record.time(this.#tagBits), this.#metadata());
  }

  read(context: ReadContext): MaybePromise<Snapshot> {
    if (context.reason !== 'get' || this.field.name !== 'VAL') return this.snapshot();
    if (this.#reading === undefined) {
      const started = this.#refresh(context);
      if (started === undefined) return this.snapshot();
      this.#reading = started;
    }
    return this.#reading.then(
      () => this.snapshot(),
      (error: unknown) => this.#failed(error),
    );
  }

  /** Starts the refresh that a client's get asks for; concurrent gets share it. */
  #refresh(context: ReadContext): Promise<void> | undefined {
    const { record } = this;
    const { mirror, device } = record;
    let result: MaybePromise<void> = undefined;
    try {
      if (mirror !== undefined) result = mirror.options.support.read?.(context);
      else if (device?.onGet !== undefined) {
        const value = device.onGet(deviceView(record), context);
        if (value instanceof Promise) result = value.then((later) => record.takeRefresh(later));
        else record.takeRefresh(value);
      }
    } catch (error) {
      result = Promise.reject(toError(error));
    }
    if (!(result instanceof Promise)) return undefined;
    return result.finally(() => {
      this.#reading = undefined;
    });
  }

  #failed(error: unknown): Snapshot {
    const { record } = this;
    record.context.logger.warn({ pv: record.NAME, error: errorText(error) }, 'read failed');
    const alarm = makeAlarm(Severity.Invalid, AlarmCondition.Read, errorText(error));
    return makeSnapshot(this.#value(), alarm, record.time(this.#tagBits), this.#metadata());
  }

  monitor(sink: UpdateSink<Snapshot>, _context: MonitorContext): Stop {
    if (this.record.isRemoved) {
      sink.close();
      return noStop;
    }
    if (this.#monitors.size === 0) this.#stopWatch = this.record.watch(this.field.name, this);
    return this.#monitors.add(sink, this.snapshot(), () => {
      if (this.#monitors.size === 0) this.#stopWatch();
    });
  }

  onPost(mask: EventMask): void {
    this.#monitors.post(this.snapshot(), mask);
  }

  onClose(listener: (reason?: Error) => void): Stop {
    return this.#closed.add(listener);
  }

  /** The record is gone. */
  close(reason: Error): void {
    this.#stopWatch();
    this.#monitors.close(reason);
    this.#closed.emit(reason);
    this.#closed.clear();
  }

  get acknowledgement(): { readonly transient: boolean; readonly severity: Severity } {
    return { transient: this.record.ACKT !== 0, severity: this.record.ACKS as Severity };
  }

  acknowledge(what: { severity: Severity } | { transient: boolean }, _context: WriteContext): void {
    if ('severity' in what) acknowledge(this.record, what.severity);
    else acknowledgeTransient(this.record, what.transient);
  }

  #value(): PvValue {
    const value = fieldValue(this.record, this.field);
    if (this.#isLong) return textToBytes(value as string, this.type.caCount);
    if (this.type.caText && typeof value === 'object') {
      // Arrays are replaced, never changed: one decoding serves all who ask.
      if (this.#textOf !== value) {
        this.#textOf = value;
        this.#text = bytesToText(value);
      }
      return this.#text;
    }
    if (this.type.element === 'boolean' && typeof value === 'number') return value !== 0;
    return value;
  }

  #metadata(): Metadata {
    const { record } = this;
    if (this.#meta === undefined || this.#metaCount !== record.propertyCount) {
      this.#metaCount = record.propertyCount;
      const meta = fieldMetadata(record, this.field, this.type.element);
      this.#meta =
        this.field.name === 'VAL' && record.mirror !== undefined ? record.mirror.mergeMeta(meta) : meta;
    }
    return this.#meta;
  }
}

/** Low bits of the nanoseconds that carry a tag: info(Q:time:tag, "nsec:lsb:N"). */
function timeTagBits(record: RecordBase): number {
  const match = /^nsec:lsb:(\d+)$/.exec(record.infoTags.get('Q:time:tag') ?? '');
  return match === null ? 0 : Math.min(32, Number(match[1]));
}

/** A field that clients may put. */
export class WritableFieldPv extends FieldPv {
  write(write: ScalarWrite, context: WriteContext): MaybePromise<void> {
    const { record, field } = this;
    const { mirror } = record;
    if (mirror !== undefined && field.name === 'VAL') {
      if (record.DISP !== 0 && !mirror.isReadOnly) {
        throw new AccessError('Unable to put value: Field Disabled: S_db_putDisabled', 'write', {
          pvName: this.name,
        });
      }
      return mirror.put(write.element, write.value, context);
    }
    const put = { element: write.element, value: write.value, process: context.process };
    if (context.wait) return putAndWait(record, field, put, context);
    return putAndProcess(record, field, put);
  }
}

/** VAL of a mirror record whose owner takes calls. */
export class CallableFieldPv extends WritableFieldPv {
  override rights(peer: Peer): Rights {
    return super.rights(peer) | Rights.Call;
  }

  call(args: Value | null, context: OpContext): MaybePromise<Value | null> {
    return this.record.mirror?.options.support.call?.(args, context) ?? null;
  }
}

/** Makes the PV of a field. */
export function makeFieldPv(record: RecordBase, field: FieldDef, isLong: boolean): FieldPv {
  const isMirrorVal = record.mirror !== undefined && field.name === 'VAL' && !isLong;
  if (isMirrorVal && record.mirror?.options.support.call !== undefined)
    return new CallableFieldPv(record, field, isLong);
  // A read-only mirror still refuses in the owner's words.
  if (isMirrorVal || isWritable(record, field)) return new WritableFieldPv(record, field, isLong);
  return new FieldPv(record, field, isLong);
}
