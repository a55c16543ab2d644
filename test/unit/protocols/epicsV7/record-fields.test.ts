import { describe, expect, it } from 'vitest';
import { recordFields, recordInfo } from '../../../../src/protocols/epicsV7/record-fields.ts';
import { defaultSizes, recordFor } from '../../../../src/protocols/kind-map.ts';
import { metadataOf } from '../../../../src/protocols/metadata.ts';
import { type BaseVariable, float, LocalVariable } from '../../../../src/tree/index.ts';

function fieldsOf(variable: BaseVariable, asg = ''): Record<string, unknown> {
  const choice = recordFor(variable.kind, defaultSizes);
  const meta = metadataOf(variable, choice.codec.type, choice.codec.choices);
  return recordFields(choice, choice.outType, meta, asg);
}

describe('recordFields', () => {
  it('EPS-E-58 of a float have units, precision and limits, but no drive limits', () => {
    const fields = fieldsOf(
      new LocalVariable({
        name: 'X',
        value: float(1),
        units: 'V',
        disp: '{:.2f}',
        description: 'd',
        minimum: -1,
        maximum: 1,
        highAlarm: 0.5,
      }),
    );
    expect(fields).toEqual({
      DESC: 'd',
      EGU: 'V',
      PREC: 2,
      LOPR: -1,
      HOPR: 1,
      LOLO: Number.NaN,
      LOW: Number.NaN,
      HIGH: Number.NaN,
      HIHI: 0.5,
    });
  });

  it('EPS-E-29 of an integer post every update, and have no limits that are no numbers', () => {
    expect(fieldsOf(new LocalVariable({ name: 'X', value: 1, highAlarm: 5 }))).toEqual({
      DESC: '',
      EGU: '',
      LOPR: 0,
      HOPR: 0,
      MDEL: -1,
      HIHI: 5,
    });
  });

  it('EPS-E-21 of an enum have cut labels', () => {
    const choices = [
      [4, 'A'],
      [9, 'é'.repeat(20)],
    ] as const;
    const fields = fieldsOf(new LocalVariable({ name: 'X', value: 4, enum: choices }));
    expect(fields).toEqual({ DESC: '', ZRST: 'A', ZRVL: 0, ONST: 'é'.repeat(12), ONVL: 1 });
  });

  it('EPS-E-26 EPS-E-29 of an array have type and size, and post changes', () => {
    const fields = fieldsOf(new LocalVariable({ name: 'X', value: Int16Array.of(1, 2), units: 'mA' }));
    expect(fields).toMatchObject({ FTVL: 'SHORT', NELM: 2, EGU: 'mA', MPST: 'On Change', APST: 'On Change' });
    expect(fieldsOf(new LocalVariable({ name: 'S', value: 'x' }))).toMatchObject({
      FTVL: 'CHAR',
      NELM: 4096,
    });
  });

  it('EPS-E-67 have the access security group that is given', () => {
    expect(fieldsOf(new LocalVariable({ name: 'X', value: 1 }), 'OPS')).toMatchObject({ ASG: 'OPS' });
  });
});

it('EPS-E-58 recordInfo tells the path, and the form where it is not the default', () => {
  const infoOf = (variable: BaseVariable): object => {
    const choice = recordFor(variable.kind, defaultSizes);
    return recordInfo('Top.X', choice.codec.type, metadataOf(variable, choice.codec.type, []));
  };
  expect(infoOf(new LocalVariable({ name: 'X', value: 1 }))).toEqual({ 'rogue:path': 'Top.X' });
  expect(infoOf(new LocalVariable({ name: 'X', value: 1, disp: '{:#x}' }))).toEqual({
    'rogue:path': 'Top.X',
    'Q:form': 'Hex',
  });
  expect(infoOf(new LocalVariable({ name: 'X', value: 'x' }))).toEqual({
    'rogue:path': 'Top.X',
    'Q:form': 'String',
  });
});
