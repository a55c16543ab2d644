import { AlarmCondition, Event, Severity } from '../pv/index.ts';
import { errorText } from '../util/index.ts';
import { latchAlarm } from './alarm-latch.ts';
import { startWaitingPut } from './notify.ts';
import type { RecordBase } from './record.ts';

/** Attempts to process an active record before it gets a SCAN alarm. */
const MOST_LOCKED = 10;
const TIME_FROM_DEVICE = -2;

/**
 * Processes a record now, whatever SCAN is.
 * @see epics-base modules/database/src/ioc/db/dbAccess.c, dbProcess
 */
export function processRecord(record: RecordBase): void {
  if (record.isRemoved) return;
  const { pass } = record.context;
  pass.enter();
  try {
    step(record);
  } finally {
    pass.leave();
  }
}

function step(record: RecordBase): void {
  if (record.TPRO !== 0) {
    record.context.logger.info({ pv: record.NAME }, `dbProcess of '${record.NAME}'`);
  }
  if (record.PACT !== 0) {
    countLocked(record);
    return;
  }
  record.LCNT = 0;
  if (record.SDIS.kind === 'pv') {
    const value = record.context.links.read(record, 'SDIS', 'short');
    if (typeof value === 'number') record.DISA = value;
  }
  if (record.DISA === record.DISV) {
    disable(record);
    return;
  }
  if (record.mirror === undefined) run(record);
  else forwardOf(record);
}

function countLocked(record: RecordBase): void {
  const isReported = record.STAT === AlarmCondition.Scan || record.SEVR >= Severity.Invalid;
  if (isReported || record.LCNT++ < MOST_LOCKED) return;
  record.raise(AlarmCondition.Scan, Severity.Invalid, 'Async in progress');
  record.post('VAL', latchAlarm(record) | Event.Value | Event.Log);
}

function disable(record: RecordBase): void {
  record.RPRO = 0;
  record.PUTF = 0;
  if (record.STAT !== AlarmCondition.Disable) {
    record.NSTA = 0;
    record.NSEV = 0;
    record.NAMSG = '';
    record.setAlarm(AlarmCondition.Disable, record.DISS, '');
    record.post('STAT', Event.Value);
    record.post('SEVR', Event.Value);
    record.post('VAL', Event.Value | Event.Alarm);
  }
  release(record);
}

function run(record: RecordBase): void {
  record.PACT = 1;
  record.isInside = true;
  let pending: Promise<void> | undefined;
  try {
    pending = record.start();
  } catch (error) {
    fail(record, error);
  }
  if (pending === undefined) {
    complete(record);
    return;
  }
  record.isInside = false;
  pending.then(
    () => resume(record),
    (error: unknown) => {
      fail(record, error);
      resume(record);
    },
  );
}

function fail(record: RecordBase, error: unknown): void {
  record.context.logger.error({ pv: record.NAME, error: errorText(error) }, 'processing failed');
  record.raise(AlarmCondition.Soft, Severity.Invalid, errorText(error));
}

function resume(record: RecordBase): void {
  if (record.isRemoved) return;
  const { pass } = record.context;
  pass.enter();
  try {
    record.isInside = true;
    complete(record);
  } finally {
    pass.leave();
  }
}

function complete(record: RecordBase): void {
  try {
    record.finish();
    record.context.links.forward(record);
  } catch (error) {
    fail(record, error);
  }
  record.PACT = 0;
  record.isInside = false;
  settle(record);
}

/** What follows FLNK: completion, the second processing that was asked for, the next waiting put. */
function settle(record: RecordBase): void {
  const isAgain = record.RPRO !== 0;
  record.RPRO = 0;
  record.PUTF = 0;
  release(record);
  if (isAgain) record.context.scanOnce(record);
}

function release(record: RecordBase): void {
  record.notify?.release(record);
  startWaitingPut(record);
}

/**
 * Processes the forward link of a mirror record: its VAL is published, not processed. While a put is pending the
 * record stays active.
 */
export function forwardOf(record: RecordBase): void {
  const wasActive = record.PACT;
  const wasInside = record.isInside;
  if (wasInside) return;
  const { pass } = record.context;
  pass.enter();
  record.PACT = 1;
  record.isInside = true;
  try {
    record.context.links.forward(record);
  } finally {
    record.isInside = false;
    record.PACT = wasActive;
    pass.leave();
  }
  if (wasActive === 0) settle(record);
}

/** A record that was active for reasons of its own became idle. */
export function becomeIdle(record: RecordBase): void {
  record.PACT = 0;
  settle(record);
}

/**
 * Processes the target of a link: hands PUTF and a waiting completion on.
 * @see epics-base modules/database/src/ioc/db/dbDbLink.c, processTarget
 */
export function processTarget(source: RecordBase, target: RecordBase): void {
  const wasActive = source.PACT;
  source.PACT = 1;
  if (source.notify !== undefined && target.notify === undefined && target.PACT === 0) {
    source.notify.add(target);
  }
  if (target.PACT === 0) {
    target.PUTF = source.PUTF;
  } else if (source.PUTF !== 0 && !target.isInside) {
    // The target waits for its device and an external put wants it again.
    target.PUTF = 0;
    target.RPRO = 1;
  }
  processRecord(target);
  source.PACT = wasActive;
}

/**
 * Sets the time stamp of a record by TSE and TSEL.
 * @see epics-base modules/database/src/ioc/db/recGbl.c, recGblGetTimeStamp
 */
export function stampTime(record: RecordBase): void {
  if (record.TSEL.kind !== 'none') {
    if (record.TSEL.kind === 'pv' && /\.TIME$/.test(record.TSEL.target)) {
      record.context.links.copyTime(record, 'TSEL');
      return;
    }
    const event = record.context.links.read(record, 'TSEL', 'short');
    if (typeof event === 'number') record.TSE = event;
  }
  // Events have no provider of their own: their time is kept.
  if (record.TSE === TIME_FROM_DEVICE || record.TSE > 0) return;
  const { now } = record.context.pass;
  record.timeSeconds = now.seconds;
  record.timeNanoseconds = now.nanoseconds;
}
