import { expect, test } from 'vitest';
import {
  codeOfName,
  isIntegerCode,
  isNumericCode,
  nameOfCode,
  scalarNameOf,
  scalarNames,
  TypeCode,
} from '../../../src/pvdata/index.ts';

test('names and codes of scalars and arrays map to each other', () => {
  for (const name of scalarNames) {
    expect(nameOfCode(codeOfName(name))).toBe(name);
    expect(nameOfCode(codeOfName(`${name}[]`))).toBe(`${name}[]`);
    expect(scalarNameOf(codeOfName(`${name}[]`))).toBe(name);
  }
  expect(codeOfName('double[]')).toBe(0x4b);
  expect(codeOfName('any[]')).toBe(0x8a);
  expect(codeOfName('structure')).toBe(-1);
  expect(nameOfCode(TypeCode.StructArray)).toBe('structure[]');
  expect(nameOfCode(0x7f)).toBe('type 0x7f[]');
  expect(scalarNameOf(TypeCode.Any)).toBeUndefined();
});

test('numeric and integer codes include their arrays and nothing else', () => {
  const numeric = scalarNames.filter((name) => isNumericCode(codeOfName(`${name}[]`)));
  expect(numeric).toEqual(scalarNames.filter((name) => name !== 'boolean' && name !== 'string'));
  expect(scalarNames.filter((name) => isIntegerCode(codeOfName(name)))).toEqual(
    numeric.filter((name) => name !== 'float' && name !== 'double'),
  );
});
