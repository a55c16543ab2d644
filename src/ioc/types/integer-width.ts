import type { EventMask, PvValue } from '../../pv/index.ts';
import { firstElement, toNumeric } from '../convert.ts';
import { type DeadbandFields, deadbandMask, deadbandMask64 } from '../monitor-post.ts';

/** What tells the 32-bit from the 64-bit integer record types. */
export interface IntegerWidth<N extends number | bigint> {
  readonly type: 'long' | 'int64';
  readonly element: 'int32' | 'int64';
  /** Alarm limits without severity are told to clients too. */
  readonly showsAllLimits: boolean;
  /** The integer that a value stands for. @param isMirror the record serves another PV's value as it is. */
  parse(value: PvValue, isMirror: boolean): N;
  /** Whether a value read from a link is such an integer. */
  is(value: unknown): value is N;
  /** Events of VAL by its deadbands. */
  mask(record: DeadbandFields<N>): EventMask;
}

/** Width of longin and longout. */
export const width32: IntegerWidth<number> = {
  type: 'long',
  element: 'int32',
  showsAllLimits: false,
  parse: (value) => toNumeric(firstElement(value) ?? 0, 'long') as number,
  is: (value) => typeof value === 'number',
  mask: deadbandMask,
};

/** Width of int64in and int64out. */
export const width64: IntegerWidth<bigint> = {
  type: 'int64',
  element: 'int64',
  showsAllLimits: true,
  parse: (value, isMirror) => {
    const first = firstElement(value) ?? 0;
    // A mirror record may serve unsigned values, which stay as they are.
    return typeof first === 'bigint' && isMirror ? first : (toNumeric(first, 'int64') as bigint);
  },
  is: (value) => typeof value === 'bigint',
  mask: deadbandMask64,
};
