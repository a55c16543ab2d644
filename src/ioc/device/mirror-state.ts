import {
  type Alarm,
  AlarmCondition,
  type ElementType,
  type Metadata,
  mergeMetadata,
  type PartialMetadata,
  type PvValue,
  type TimeStamp,
  type WriteContext,
} from '../../pv/index.ts';
import { AccessError, cutUtf8, errorText, TypeMismatchError } from '../../util/index.ts';
import { setCurrentAlarm } from '../alarm-latch.ts';
import { localWriteContext } from '../local-context.ts';
import { Notify, startWaitingPut } from '../notify.ts';
import { becomeIdle, forwardOf } from '../process.ts';
import type { RecordBase } from '../record.ts';
import type { MirrorHandle, MirrorOptions } from './mirror-support.ts';

/** What makes a record a mirror record. */
export class MirrorState implements MirrorHandle {
  readonly options: MirrorOptions;
  readonly isReadOnly: boolean;
  readonly ownsAlarms: boolean;
  readonly #record: RecordBase;
  /** Completions of pending puts, oldest first: what `publish` starts belongs to the oldest. */
  readonly #waiting: Notify[] = [];
  #pendingCount = 0;
  #meta: PartialMetadata;

  constructor(record: RecordBase, options: MirrorOptions) {
    this.options = options;
    this.isReadOnly = options.isReadOnly ?? false;
    this.ownsAlarms = options.ownsAlarms ?? true;
    this.#record = record;
    this.#meta = options.meta ?? {};
  }

  /** Puts that the owner has not answered yet. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  publish(value: PvValue, alarm: Alarm, time: TimeStamp): void {
    const record = this.#record;
    if (record.isRemoved) return;
    const isText = this.options.caText === true;
    if (isText !== (typeof value === 'string') && record.type.byName.get('FTVL') !== undefined) {
      throw new TypeMismatchError(
        `record "${record.NAME}" publishes ${isText ? 'text' : 'arrays'}, not ${typeof value}`,
        { pvName: record.NAME },
      );
    }
    record.storeValue(value);
    record.timeSeconds = time.seconds;
    record.timeNanoseconds = time.nanoseconds;
    if (time.userTag !== 0 || record.UTAG !== 0n) record.UTAG = BigInt.asUintN(64, BigInt(time.userTag));
    record.UDF = alarm.condition === AlarmCondition.Udf ? 1 : 0;
    const mask = setCurrentAlarm(record, alarm.condition, alarm.severity, cutUtf8(alarm.message, 39));
    // The complete text, beyond AMSG's 39 bytes.
    record.alarm = alarm;
    record.postValue(mask);
    this.#forward();
  }

  publishMeta(meta: PartialMetadata): void {
    if (this.#record.isRemoved) return;
    this.#meta = { ...this.#meta, ...meta };
    this.#record.propertyChanged('VAL');
  }

  /** Metadata of VAL with the owner's parts put over what the fields say. */
  mergeMeta(meta: Metadata): Metadata {
    return mergeMetadata(meta, this.#meta);
  }

  /** Hands one put to the owner. */
  put(element: ElementType, value: PvValue | undefined, context: WriteContext): void | Promise<void> {
    const record = this.#record;
    if (this.isReadOnly) {
      throw new AccessError(this.options.refusal ?? `record "${record.NAME}" is read-only`, 'write', {
        pvName: record.NAME,
      });
    }
    const chain = context.wait ? new Promise<void>((resolve) => this.#begin(resolve)) : undefined;
    if (chain === undefined) this.#begin(undefined);
    const notify = chain === undefined ? undefined : this.#waiting[this.#waiting.length - 1];
    let result: void | Promise<void>;
    try {
      result = this.options.support.put({ element, value }, context);
    } catch (error) {
      this.#end(notify);
      throw error;
    }
    if (!(result instanceof Promise)) {
      this.#end(notify);
      return chain;
    }
    return result.then(
      () => {
        this.#end(notify);
        return chain;
      },
      (error: unknown) => {
        this.#end(notify);
        throw error;
      },
    );
  }

  #begin(onDone: (() => void) | undefined): void {
    this.#pendingCount++;
    this.#record.PACT = 1;
    if (onDone === undefined) return;
    const notify = new Notify(onDone);
    this.#waiting.push(notify);
    notify.hold();
  }

  #end(notify: Notify | undefined): void {
    if (notify !== undefined) {
      const index = this.#waiting.indexOf(notify);
      if (index >= 0) this.#waiting.splice(index, 1);
      notify.letGo();
    }
    if (--this.#pendingCount === 0) becomeIdle(this.#record);
    else startWaitingPut(this.#record);
  }

  #forward(): void {
    const record = this.#record;
    if (record.FLNK.kind === 'none') return;
    const before = record.notify;
    record.notify = this.#waiting[0] ?? before;
    try {
      forwardOf(record);
    } finally {
      record.notify = before;
    }
  }
}

/** Puts VAL of a mirror record through a database link: the writer's completion waits for the owner. */
export function putMirrorFromLink(
  source: RecordBase,
  target: RecordBase,
  value: PvValue,
  element: ElementType,
): void {
  const mirror = target.mirror as MirrorState;
  const notify = source.notify;
  const result = mirror.put(element, value, localWriteContext(target.context, false));
  if (result === undefined) return;
  notify?.hold();
  result.then(
    () => notify?.letGo(),
    (error: unknown) => {
      target.context.logger.error({ pv: target.NAME, error: errorText(error) }, 'put by a link failed');
      notify?.letGo();
    },
  );
}
