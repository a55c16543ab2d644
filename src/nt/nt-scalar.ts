import {
  type FieldDesc,
  isNumericCode,
  type MemberSpecs,
  type ScalarName,
  scalarType,
  structType,
} from '../pvdata/index.ts';
import { commonMembers, enumType } from './common.ts';

/** Optional members of NTScalar and NTScalarArray. */
export interface NtScalarOptions {
  /** `display` with description and units; of numbers with limits. */
  readonly display?: boolean;
  /** `control`, for numbers only. */
  readonly control?: boolean;
  /** `valueAlarm`, for numbers only. */
  readonly valueAlarm?: boolean;
  /** `display.precision` and `display.form`, for numbers only. */
  readonly form?: boolean;
  readonly descriptor?: boolean;
}

/**
 * NTScalar: value, [descriptor], alarm, timeStamp, [display], [control], [valueAlarm]. Limits have the type of the
 * value; options that suit numbers only are left out for others.
 *
 * @see pvxs src/nt.cpp, NTScalar::build
 */
export function ntScalarType(value: ScalarName, o: NtScalarOptions = {}): FieldDesc {
  return structType('epics:nt/NTScalar:1.0', { value, ...metaMembers(value, o) });
}

/** NTScalarArray: as NTScalar with an array; limits have the type of the elements. */
export function ntScalarArrayType(value: ScalarName, o: NtScalarOptions = {}): FieldDesc {
  return structType('epics:nt/NTScalarArray:1.0', { value: `${value}[]`, ...metaMembers(value, o) });
}

function metaMembers(value: ScalarName, o: NtScalarOptions): MemberSpecs {
  const isNumeric = isNumericCode(scalarType(value).code);
  return {
    ...commonMembers({ descriptor: o.descriptor ?? false }),
    ...(o.display === true ? { display: displayType(value, isNumeric, o.form === true) } : {}),
    ...(o.control === true && isNumeric ? { control: controlType(value) } : {}),
    ...(o.valueAlarm === true && isNumeric ? { valueAlarm: valueAlarmType(value) } : {}),
  };
}

function displayType(value: ScalarName, isNumeric: boolean, hasForm: boolean): FieldDesc {
  const texts = { description: 'string', units: 'string' } as const;
  if (!isNumeric) return structType('', texts);
  const form: MemberSpecs = hasForm ? { precision: 'int', form: enumType } : {};
  return structType('', { limitLow: value, limitHigh: value, ...texts, ...form });
}

function controlType(value: ScalarName): FieldDesc {
  return structType('', { limitLow: value, limitHigh: value, minStep: value });
}

function valueAlarmType(value: ScalarName): FieldDesc {
  return structType('', {
    active: 'boolean',
    lowAlarmLimit: value,
    lowWarningLimit: value,
    highWarningLimit: value,
    highAlarmLimit: value,
    lowAlarmSeverity: 'int',
    lowWarningSeverity: 'int',
    highWarningSeverity: 'int',
    highAlarmSeverity: 'int',
    hysteresis: 'double',
  });
}
