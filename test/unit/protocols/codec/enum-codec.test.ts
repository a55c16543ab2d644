import { expect, it } from 'vitest';
import { EnumCodec } from '../../../../src/protocols/codec/enum-codec.ts';

const noText = (): string => '';
const codec = new EnumCodec(['16', '20', 'a label that is longer than 25 bytes'], [2, 3, 5n]);

it('EPS-E-20 shows the position of the value', () => {
  expect([2, 3, 5].map((value) => codec.encode(value, noText).value)).toEqual([0, 1, 2]);
  expect(codec.encode(3n, noText).value).toBe(1);
});

it('True and 1 are one key', () => {
  const bool = new EnumCodec(['False', 'True'], [false, true]);
  expect([true, 1, 1n, false, 0].map((value) => bool.encode(value, noText).value)).toEqual([1, 1, 1, 0, 0]);
});

it('EPS-E-22 a value without label is index 0, INVALID, with the value as Python writes it', () => {
  expect(codec.encode(7, noText)).toMatchObject({
    value: 0,
    alarm: { severity: 3, condition: 7, message: 'INVALID: 7' },
  });
  expect(codec.encode(null, noText).alarm?.message).toBe('INVALID: None');
});

it('EPS-5 takes index, label and cut label, as the text for setDisp', () => {
  const texts = [0, 2, '20', 'a label that is longer th'].map((value) =>
    codec.decode({ element: typeof value === 'string' ? 'string' : 'enum', value }),
  );
  expect(texts.map(({ value }) => value)).toEqual(['16', codec.choices[2], '20', codec.choices[2]]);
  expect(texts.every(({ isText }) => isText)).toBe(true);
});

it.each([[7], ['nonsense'], ['a label'], [-1]])('EPS-5 refuses %s', (value) => {
  expect(() => codec.decode({ element: typeof value === 'string' ? 'string' : 'int32', value })).toThrow(
    /choice/,
  );
});
