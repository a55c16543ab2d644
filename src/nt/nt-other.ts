import { arrayOf, type FieldDesc, type ScalarName, structType } from '../pvdata/index.ts';
import { commonMembers, type NtCommonOptions, timeStampType } from './common.ts';

/** NTMatrix: value in row-major order, dim of 1 or 2 sizes. */
export function ntMatrixType(o: NtCommonOptions = {}): FieldDesc {
  return structType('epics:nt/NTMatrix:1.0', { value: 'double[]', dim: 'int[]', ...commonMembers(o) });
}

/** NTAttribute: name, value of any type, tags. */
export function ntAttributeType(o: NtCommonOptions = {}): FieldDesc {
  return structType('epics:nt/NTAttribute:1.0', {
    name: 'string',
    value: 'any',
    tags: 'string[]',
    ...commonMembers(o),
  });
}

/**
 * NTUnion: value of one of several types.
 *
 * @param value a union; by default any.
 */
export function ntUnionType(value: FieldDesc | 'any' = 'any', o: NtCommonOptions = {}): FieldDesc {
  return structType('epics:nt/NTUnion:1.0', { value, ...commonMembers(o) });
}

/** Per-channel arrays of the multi-channel types. */
const channelMembers = {
  severity: 'int[]',
  status: 'int[]',
  message: 'string[]',
  secondsPastEpoch: 'long[]',
  nanoseconds: 'int[]',
  userTag: 'int[]',
  isConnected: 'boolean[]',
} as const;

/**
 * NTMultiChannel: values of many channels, with the state of each.
 *
 * @param element a union; by default any.
 */
export function ntMultiChannelType(element?: FieldDesc, o: NtCommonOptions = {}): FieldDesc {
  const value = element === undefined ? 'any[]' : arrayOf(element);
  const rest = { channelName: 'string[]', ...commonMembers(o), ...channelMembers } as const;
  return structType('epics:nt/NTMultiChannel:1.0', { value, ...rest });
}

/** NTScalarMultiChannel: as NTMultiChannel for channels of one scalar type. */
export function ntScalarMultiChannelType(value: ScalarName, o: NtCommonOptions = {}): FieldDesc {
  const rest = { channelName: 'string[]', ...commonMembers(o), ...channelMembers } as const;
  return structType('epics:nt/NTScalarMultiChannel:1.0', { value: `${value}[]`, ...rest });
}

/** NTHistogram: n + 1 range limits, n counts. */
export function ntHistogramType(value: 'short' | 'int' | 'long', o: NtCommonOptions = {}): FieldDesc {
  return structType('epics:nt/NTHistogram:1.0', {
    ranges: 'double[]',
    value: `${value}[]`,
    ...commonMembers(o),
  });
}

/** NTContinuum: n base values, n × m values, m + 1 units. */
export function ntContinuumType(o: NtCommonOptions = {}): FieldDesc {
  const members = { base: 'double[]', value: 'double[]', units: 'string[]' } as const;
  return structType('epics:nt/NTContinuum:1.0', { ...members, ...commonMembers(o) });
}

/** NTAggregate: statistics of N samples of one scalar. */
export function ntAggregateType(o: NtCommonOptions = {}): FieldDesc {
  return structType('epics:nt/NTAggregate:1.0', {
    value: 'double',
    N: 'long',
    dispersion: 'double',
    first: 'double',
    firstTimeStamp: timeStampType,
    last: 'double',
    lastTimeStamp: timeStampType,
    max: 'double',
    min: 'double',
    ...commonMembers(o),
  });
}
