import { describe, expect, it } from 'vitest';
import { ArrayCodec } from '../../../src/protocols/codec/array-codec.ts';
import { EnumCodec } from '../../../src/protocols/codec/enum-codec.ts';
import { FloatCodec, IntCodec } from '../../../src/protocols/codec/number-codec.ts';
import { TextCodec } from '../../../src/protocols/codec/text-codec.ts';
import { stateOf, timeOf } from '../../../src/protocols/shown-state.ts';
import { noAlarm } from '../../../src/pv/index.ts';
import { LocalVariable, VariableValue } from '../../../src/tree/index.ts';

const variable = new LocalVariable<unknown>({ name: 'X', value: null });
const time = { seconds: 1_700_000_000, nanoseconds: 250 };

function valueOf(value: unknown, error: string | null = null): VariableValue {
  return new VariableValue(variable, value, { status: 'AlarmHigh', severity: 'AlarmMinor' }, time, error);
}

describe('stateOf', () => {
  it('EPS-E-57 shows the alarm of the tree on scalar numbers', () => {
    for (const codec of [new FloatCodec('float64'), new IntCodec('int64')]) {
      expect(stateOf(codec, valueOf(5), 'normative').alarm).toMatchObject({ severity: 1, message: 'HIGH' });
    }
  });

  it('shows no limits on texts, enums and arrays, but failed reads', () => {
    const codecs = [new TextCodec(40), new EnumCodec(['a'], [5]), new ArrayCodec('float64', [1], 1)];
    const values = ['x', 5, Float64Array.of(5)];
    for (const [i, codec] of codecs.entries()) {
      expect(stateOf(codec, valueOf(values[i]), 'normative').alarm).toBe(noAlarm);
      expect(stateOf(codec, valueOf(values[i], 'bus is down'), 'normative').alarm).toMatchObject({
        severity: 3,
        message: 'bus is down',
      });
    }
  });

  it('EPS-E-25 the alarm of a value that does not fit wins', () => {
    expect(stateOf(new IntCodec('int8'), valueOf(500), 'condition').alarm).toMatchObject({
      severity: 3,
      condition: 11,
      ntStatus: 11,
    });
  });

  it('shows another value when told', () => {
    expect(stateOf(new IntCodec('int32'), valueOf('text'), 'normative', 0).value).toBe(0);
  });
});

it('EPS-E-29 the time is that of the tree value', () => {
  expect(timeOf(valueOf(1))).toEqual({ ...time, userTag: 0 });
});
