import { AlarmCondition, makeAlarm, noAlarm } from './alarm.ts';
import type { Alarm, AlarmLimits, Limit, Metadata, PvValue } from './model.ts';
import { Severity } from './model.ts';

/** What `LimitAlarm` remembers of one PV: the limit that it is beyond. */
interface Level {
  readonly condition: AlarmCondition;
  readonly severity: Severity;
}

/**
 * Alarm of a number by its limits, with hysteresis: an alarm stays until the value has come back by `hysteresis`.
 * The outer limits win over the inner ones; limits whose severity is none are not looked at.
 *
 * @see epics-base modules/database/src/std/rec/aiRecord.c, checkAlarms
 */
export class LimitAlarm {
  /** The limit that the value was compared with when the present alarm came up; NaN without an alarm. */
  #alarmedLimit: number;
  #alarm: Alarm;

  constructor() {
    this.#alarmedLimit = Number.NaN;
    this.#alarm = noAlarm;
  }

  /** The alarm of the latest check. */
  get alarm(): Alarm {
    return this.#alarm;
  }

  /** The alarm of `value`; the same object as long as it says the same. Limits are used whatever `isActive` says. */
  check(value: number, limits: AlarmLimits): Alarm {
    const level = this.#levelOf(value, limits);
    if (level === undefined) {
      this.#alarmedLimit = Number.NaN;
      this.#alarm = noAlarm;
    } else if (level.condition !== this.#alarm.condition || level.severity !== this.#alarm.severity) {
      this.#alarm = makeAlarm(level.severity, level.condition);
    }
    return this.#alarm;
  }

  #levelOf(value: number, limits: AlarmLimits): Level | undefined {
    // A value that is no number is beyond all limits.
    if (Number.isNaN(value)) return { condition: AlarmCondition.Udf, severity: Severity.Invalid };
    const hysteresis = Number(limits.hysteresis);
    const last = this.#alarmedLimit;
    const isAbove = (limit: number): boolean =>
      value >= limit || (last === limit && value >= limit - hysteresis);
    const isBelow = (limit: number): boolean =>
      value <= limit || (last === limit && value <= limit + hysteresis);
    const hihi = Number(limits.hihi);
    if (limits.hihiSeverity !== Severity.None && isAbove(hihi)) {
      return this.#enter(hihi, AlarmCondition.HiHi, limits.hihiSeverity);
    }
    const lolo = Number(limits.lolo);
    if (limits.loloSeverity !== Severity.None && isBelow(lolo)) {
      return this.#enter(lolo, AlarmCondition.LoLo, limits.loloSeverity);
    }
    const high = Number(limits.high);
    if (limits.highSeverity !== Severity.None && isAbove(high)) {
      return this.#enter(high, AlarmCondition.High, limits.highSeverity);
    }
    const low = Number(limits.low);
    if (limits.lowSeverity !== Severity.None && isBelow(low)) {
      return this.#enter(low, AlarmCondition.Low, limits.lowSeverity);
    }
    return undefined;
  }

  #enter(limit: number, condition: AlarmCondition, severity: Severity): Level {
    this.#alarmedLimit = limit;
    return { condition, severity };
  }
}

/**
 * Decides whether a changed number is worth an update: when it differs from the last one told by more than the
 * deadband. A negative deadband lets everything pass, 0 every change.
 *
 * @see epics-base modules/database/src/ioc/db/recGbl.c, recGblCheckDeadband
 */
export class Deadband {
  #last: number;

  constructor() {
    this.#last = Number.NaN;
  }

  /** Tells whether `value` passes; if so it is the new reference. */
  passes(value: number, deadband: number): boolean {
    const last = this.#last;
    let delta: number;
    if (Number.isFinite(value) && Number.isFinite(last)) delta = Math.abs(value - last);
    else if (Number.isNaN(value) !== Number.isNaN(last)) delta = Number.POSITIVE_INFINITY;
    else delta = Object.is(value, last) ? 0 : Number.POSITIVE_INFINITY;
    if (delta <= deadband) return false;
    this.#last = value;
    return true;
  }
}

function clampNumber<L extends Limit>(value: L, low: Limit, high: Limit): Limit {
  if (value < low) return low;
  return value > high ? high : value;
}

/**
 * The number within the control limits. Values that are no numbers, and limits of which the low one is not below the
 * high one, change nothing.
 */
export function clampToControl(value: PvValue, meta: Metadata): PvValue {
  const { low, high } = meta.control;
  if ((typeof value !== 'number' && typeof value !== 'bigint') || !(low < high)) return value;
  const clamped = clampNumber(value, low, high);
  if (clamped === value) return value;
  return typeof value === 'bigint' ? BigInt(clamped) : Number(clamped);
}
