import { describe, expect, it } from 'vitest';
import {
  emptyMetadata,
  emptyMetadataOf,
  isSameMetadata,
  makeMetadata,
  mergeMetadata,
} from '../../../src/pv/metadata.ts';

describe('metadata', () => {
  it('fills what is not given with defaults', () => {
    const meta = makeMetadata({ units: 'mm', display: { high: 5 } });
    expect(meta.units).toBe('mm');
    expect(meta.display).toEqual({ low: 0, high: 5 });
    expect(meta.control).toEqual({ low: 0, high: 0, minStep: 0 });
    expect(meta.alarmLimits.isActive).toBe(false);
  });

  it('has bigint limits for 64-bit elements', () => {
    expect(makeMetadata({ control: { high: 5n } }, 'int64').control).toEqual({
      low: 0n,
      high: 5n,
      minStep: 0n,
    });
    expect(emptyMetadataOf('uint64').display.low).toBe(0n);
    expect(emptyMetadataOf('float64')).toBe(emptyMetadata);
  });

  it('keeps the identity when a merge changes nothing (ARC-D-10)', () => {
    const meta = makeMetadata({
      units: 'mm',
      choices: ['a', 'b'],
      alarmLimits: { high: 3, highSeverity: 1 },
    });
    expect(mergeMetadata(meta, { units: 'mm', choices: ['a', 'b'], alarmLimits: { high: 3 } })).toBe(meta);
    expect(mergeMetadata(meta, {})).toBe(meta);
    expect(mergeMetadata(meta, { units: 'cm' })).not.toBe(meta);
  });

  it('tells every leaf apart', () => {
    const changes = [
      { description: 'x' },
      { units: 'x' },
      { precision: 1 },
      { form: 1 },
      { display: { low: 1 } },
      { display: { high: 1 } },
      { control: { low: 1 } },
      { control: { high: 1 } },
      { control: { minStep: 1 } },
      { choices: ['x'] },
      { alarmLimits: { isActive: true } },
      { alarmLimits: { lolo: 1 } },
      { alarmLimits: { low: 1 } },
      { alarmLimits: { high: 1 } },
      { alarmLimits: { hihi: 1 } },
      { alarmLimits: { loloSeverity: 1 } },
      { alarmLimits: { lowSeverity: 1 } },
      { alarmLimits: { highSeverity: 1 } },
      { alarmLimits: { hihiSeverity: 1 } },
      { alarmLimits: { hysteresis: 1 } },
    ] as const;
    for (const change of changes) {
      const changed = mergeMetadata(emptyMetadata, change);
      expect(changed, JSON.stringify(change)).not.toBe(emptyMetadata);
      expect(changed).toMatchObject(change);
      expect(isSameMetadata(changed, makeMetadata(change))).toBe(true);
    }
  });

  it('cannot be changed while checks are on (ARC-D-9)', () => {
    expect(Object.isFrozen(makeMetadata({ units: 'mm' }))).toBe(true);
  });
});
