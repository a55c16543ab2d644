import { expect, test } from 'vitest';
import { buildPutValue } from '../../../src/cli/pva-put-value.ts';
import { ntEnumType, ntScalarArrayType, ntScalarType } from '../../../src/nt/index.ts';
import { structType, Value } from '../../../src/pvdata/index.ts';

const present = new Value(ntScalarType('double'));

function build(value: Value, ...texts: string[]): Value {
  return buildPutValue(value, texts, () => {});
}

test('exactly what was given is marked', () => {
  expect([...build(present, '1.5').marked()]).toEqual(['value']);
  expect([...build(present, 'value=1', 'alarm.severity=2').marked()]).toEqual(['value', 'alarm.severity']);
  expect([...build(present, '{value: 1}').marked()]).toEqual(['value']);
  const choice = new Value(ntEnumType()).set('value.choices', ['Off', 'On']);
  expect([...build(choice, 'On').marked()]).toEqual(['value.index']);
  expect(build(choice, 'value=On').get('value.index')).toBe(1);
});

test('fields may be structures given as JSON', () => {
  expect(build(present, 'alarm={severity: 1, message: "x"}').get('alarm.message')).toBe('x');
  expect([...build(present, 'alarm={severity: 1}').marked()]).toEqual(['alarm.severity']);
});

test('texts that look like JSON stay texts in fields of text', () => {
  const text = new Value(ntScalarType('string'));
  expect(build(text, 'value=[1]').get('value')).toBe('[1]');
  expect(build(text, 'no=field').get('value')).toBe('no=field');
});

test('what does not belong together is refused', () => {
  const texts = new Value(ntScalarType('string'));
  expect(() => build(texts, 'a', 'value=b')).toThrow('cannot be mixed');
  expect(() => build(present, '1', '2')).toThrow('2 values do not fit a scalar');
  expect(() => build(present, 'nosuch=1')).toThrow('no valid value was given');
  expect(() => build(new Value(structType('', { x: 'int' })), '1')).toThrow('no field "value"');
  expect(() => build(new Value(ntEnumType()).set('value.choices', ['Off']), 'On')).toThrow(
    '"On" is no choice; choices are "Off"',
  );
});

test('the count of an array says nothing', () => {
  const array = new Value(ntScalarArrayType('int'));
  expect(Array.from(build(array, '7', '1', '2').get('value') as Int32Array)).toEqual([1, 2]);
});
