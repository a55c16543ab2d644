import { describe, expect, it } from 'vitest';
import { displayForm, metadataOf } from '../../../src/protocols/metadata.ts';
import { displayForms, makeScalarType } from '../../../src/pv/index.ts';
import { float, LocalVariable } from '../../../src/tree/index.ts';

describe('displayForm', () => {
  it.each([
    ['{:#x}', 'Hex'],
    ['0x{:04X}', 'Hex'],
    ['{:b}', 'Binary'],
    ['{:.3e}', 'Exponential'],
    ['{:E}', 'Exponential'],
    ['{:.3f}', 'Default'],
    ['{:d}', 'Default'],
    ['{}', 'Default'],
    ['', 'Default'],
    ['box', 'Default'],
  ])('EPS-E-58 %s is %s', (disp, name) => {
    expect(displayForms[displayForm(disp)]).toBe(name);
  });
});

describe('metadataOf', () => {
  it('EPS-E-58 infinite limits are none', () => {
    const variable = new LocalVariable({
      name: 'X',
      value: float(1),
      minimum: Number.NEGATIVE_INFINITY,
      maximum: 5,
    });
    const meta = metadataOf(variable, makeScalarType('float64'), []);
    expect(meta.display).toEqual({ low: 0, high: 5 });
  });

  it('EPS-E-58 64-bit types have bigint limits, cut towards zero', () => {
    const variable = new LocalVariable({
      name: 'X',
      value: 1,
      minimum: -2.5,
      maximum: 2n ** 62n,
      highAlarm: 7.9,
    });
    const meta = metadataOf(variable, makeScalarType('int64'), []);
    expect(meta.display).toEqual({ low: -2n, high: 2n ** 62n });
    expect(meta.alarmLimits).toMatchObject({ isActive: true, hihi: 7n, lolo: 0n });
  });

  it('EPS-E-58 alarm limits that are not set are NaN, without severity', () => {
    const variable = new LocalVariable({ name: 'X', value: float(1), highAlarm: 7 });
    expect(metadataOf(variable, makeScalarType('float64'), []).alarmLimits).toMatchObject({
      isActive: true,
      hihi: 7,
      hihiSeverity: 2,
      high: Number.NaN,
      highSeverity: 0,
      low: Number.NaN,
      lolo: Number.NaN,
    });
  });

  it('EPS-E-58 texts, enums and arrays have no limits', () => {
    const variable = new LocalVariable({
      name: 'X',
      value: 1,
      minimum: 1,
      maximum: 2,
      description: 'd',
      units: 'u',
    });
    for (const type of [
      makeScalarType('string'),
      makeScalarType('enum'),
      makeScalarType('int32', { isArray: true }),
    ]) {
      const meta = metadataOf(variable, type, ['a']);
      expect([meta.display.high, meta.control.high, meta.description, meta.units]).toEqual([0, 0, 'd', 'u']);
      expect(meta.choices).toEqual(['a']);
    }
  });

  it('EPS-E-58 the precision stays within 0 and 15', () => {
    const variable = new LocalVariable({ name: 'X', value: float(1), disp: '{:.20f}' });
    expect(metadataOf(variable, makeScalarType('float64'), []).precision).toBe(15);
    expect(metadataOf(variable, makeScalarType('int32'), []).precision).toBe(0);
  });
});
