import { createHash } from 'node:crypto';
import { utf8Length } from '../../util/index.ts';

/** Longest record name in bytes: EPICS Base keeps 61 with the terminating zero. */
export const EPICS_MAX_NAME_LEN: number = 60;

const HASH_DIGITS = 10;

/** Longest base in bytes: a colon and a hashed suffix must fit behind it. */
export const MAX_BASE_LEN: number = EPICS_MAX_NAME_LEN - ':tail_'.length - HASH_DIGITS;

/** `tail_` and the first ten hex digits of the SHA-1 of a full name. */
export function hashedSuffix(fullName: string): string {
  return `tail_${createHash('sha1').update(fullName, 'utf8').digest('hex').slice(0, HASH_DIGITS)}`;
}

/**
 * The suffix of a record name: `suffix` itself while `base:suffix` fits 60 bytes, else its hash. Deterministic.
 *
 * @see slaclab/rogue python/pyrogue/protocols/epicsV7.py, make_epics_v7_suffix
 */
export function makeEpicsV7Suffix(base: string, suffix: string): string {
  const fullName = `${base}:${suffix}`;
  return utf8Length(fullName) <= EPICS_MAX_NAME_LEN ? suffix : hashedSuffix(fullName);
}

/** The record name of a full PV name; a name that does not begin with `base:` is hashed below `base:` as well. */
export function recordNameOf(base: string, fullName: string): string {
  return utf8Length(fullName) <= EPICS_MAX_NAME_LEN ? fullName : `${base}:${hashedSuffix(fullName)}`;
}
