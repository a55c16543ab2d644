import type { ElementType, PvValue, WriteContext } from '../pv/index.ts';
import { AccessError, once, toError } from '../util/index.ts';
import type { FieldDef } from './dbd/field-def.ts';
import { isLinkType } from './dbd/field-def.ts';
import { Notify, startWaitingPut } from './notify.ts';
import { processRecord } from './process.ts';
import { putField } from './put.ts';
import type { RecordBase } from './record.ts';

/** A put from outside the database. */
export interface FieldPut {
  readonly element: ElementType;
  /** Undefined: only process. */
  readonly value: PvValue | undefined;
  readonly process: WriteContext['process'];
}

function checkDisp(record: RecordBase, field: FieldDef): void {
  if (record.DISP === 0 || field.name === 'DISP') return;
  throw new AccessError('Unable to put value: Field Disabled: S_db_putDisabled', 'write', {
    pvName: `${record.NAME}.${field.name}`,
  });
}

function willProcess(record: RecordBase, field: FieldDef, put: FieldPut): boolean {
  if (put.process === 'never') return false;
  if (put.process === 'always') return true;
  return field.name === 'PROC' || (field.isPp && record.SCAN === 0);
}

/**
 * Puts a field as a client does and processes the record when the rules say so. Does not wait.
 * @throws {AccessError} EPICS_ACCESS; {ConversionError} EPICS_CONVERT.
 * @see epics-base modules/database/src/ioc/db/dbAccess.c, dbPutField
 */
export function putAndProcess(record: RecordBase, field: FieldDef, put: FieldPut): void {
  checkDisp(record, field);
  if (put.value !== undefined) putField(record, field, put.value, put.element);
  if (isLinkType(field.type) || !willProcess(record, field, put)) return;
  if (record.PACT !== 0) {
    record.RPRO = 1;
    return;
  }
  record.PUTF = 1;
  processRecord(record);
}

/**
 * Puts a field as a client does and settles when the processing that it started is done: base's put-notify.
 * Aborting the signal of `context` cancels the waiting, not the processing.
 */
export function putAndWait(
  record: RecordBase,
  field: FieldDef,
  put: FieldPut,
  context?: Pick<WriteContext, 'signal'>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = once(resolve);
    let isQueued = false;
    const begin = (): void => {
      try {
        // Asking for the signal makes one: most puts are done before they could be aborted.
        if (record.isRemoved || (isQueued && context?.signal.aborted === true)) {
          finish();
          if (isQueued) startWaitingPut(record);
          return;
        }
        checkDisp(record, field);
        const isLink = isLinkType(field.type);
        if (!isLink && (record.notify !== undefined || record.PACT !== 0)) {
          // One that was woken too early keeps its place.
          if (isQueued) record.waitingPuts.unshift(begin);
          else record.waitingPuts.push(begin);
          isQueued = true;
          return;
        }
        if (put.value !== undefined) putField(record, field, put.value, put.element);
        if (isLink || !willProcess(record, field, put)) {
          finish();
          if (isQueued) startWaitingPut(record);
          return;
        }
        new Notify(finish).add(record);
        record.PUTF = 1;
        processRecord(record);
      } catch (error) {
        reject(toError(error));
        if (isQueued) startWaitingPut(record);
      }
    };
    begin();
  });
}
