import { describe, expect, it } from 'vitest';
import { DEFAULT_MAX_MESSAGE_BYTES } from '../../../src/ca/core/index.ts';
import {
  checkDuration,
  checkPort,
  givenOptions,
  maxMessageEnv,
  readMaxMessageBytes,
} from '../../../src/ca/settings.ts';
import { EnvReader } from '../../../src/util/index.ts';

const most = (env: Record<string, string>): number =>
  readMaxMessageBytes(
    new EnvReader(env, (message) => {
      throw new Error(message);
    }),
  );

describe('settings of CA clients and servers', () => {
  it('options that are undefined count as not given', () => {
    expect(givenOptions<{ a: number; b: number }>({ a: 1, b: undefined }, { a: 0, b: 0 }, 'thing')).toEqual({
      a: 1,
    });
  });

  it('an unknown option is refused with its name and its owner', () => {
    const options: object = { c: 1 };
    expect(() => givenOptions(options, { a: 0 }, 'CA client')).toThrow('unknown option "c" of the CA client');
  });

  it('a port is a whole number from the least allowed to 65535', () => {
    checkPort('serverPort', 0, 0);
    checkPort('serverPort', 65535, 1);
    for (const port of [0, -1, 65536, 1.5, Number.NaN]) {
      expect(() => checkPort('serverPort', port, 1)).toThrow(
        `serverPort: ${port} is not a port number from 1`,
      );
    }
  });

  it('a duration is not negative; Infinity is one', () => {
    checkDuration('timeoutMs', 0);
    checkDuration('timeoutMs', Number.POSITIVE_INFINITY);
    for (const value of [-1, Number.NaN]) {
      expect(() => checkDuration('timeoutMs', value)).toThrow(`timeoutMs: ${value} is not a duration`);
    }
  });

  it('EPICS_CA_MAX_ARRAY_BYTES bounds messages only when EPICS_CA_AUTO_ARRAY_BYTES is NO, and not below 16384', () => {
    const size = { EPICS_CA_MAX_ARRAY_BYTES: '100000' };
    expect(most(size)).toBe(DEFAULT_MAX_MESSAGE_BYTES);
    expect(most({ ...size, EPICS_CA_AUTO_ARRAY_BYTES: 'NO' })).toBe(100_024);
    expect(most({ EPICS_CA_MAX_ARRAY_BYTES: '5', EPICS_CA_AUTO_ARRAY_BYTES: 'NO' })).toBe(16_408);
  });

  it('the variables of a bound give that bound when they are read again', () => {
    expect(maxMessageEnv(DEFAULT_MAX_MESSAGE_BYTES)).toEqual({});
    expect(most(maxMessageEnv(100_024))).toBe(100_024);
  });
});
