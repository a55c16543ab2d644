import { describe, expect, test } from 'vitest';
import { alarmType } from '../../../src/nt/index.ts';
import {
  arrayOf,
  jsonToValue,
  parseRelaxedJson,
  scalarType,
  structType,
  unionType,
  Value,
  valueToJson,
} from '../../../src/pvdata/index.ts';
import { ConversionError, FieldError, LimitError } from '../../../src/util/index.ts';

const type = structType('', {
  d: 'double',
  l: 'long',
  s: 'string',
  b: 'boolean',
  list: 'double[]',
  flags: 'boolean[]',
  alarm: alarmType,
  u: unionType('', { n: 'int', t: 'string' }),
  v: 'any',
  structs: arrayOf(alarmType),
  anys: 'any[]',
});

describe('jsonToValue (PVA-D-10)', () => {
  test('objects set fields, exactly those are marked', () => {
    const value = jsonToValue(
      type,
      '{"d":1,"alarm":{"message":"x"},"list":[1,2.5],"u":"t","structs":[{"severity":1},null]}',
    );
    expect([...value.marked()]).toEqual(['d', 'list', 'alarm.message', 'u', 'structs']);
    expect(value.get('u->t')).toBe('t');
    expect(value.get('structs[1]')).toBeNull();
    expect(() => jsonToValue(type, '{"nothing":1}')).toThrow(FieldError);
    expect(() => jsonToValue(type, '[1]')).toThrow('cannot assign array');
    expect(jsonToValue(scalarType('int'), '0x10').content).toBe(16);
  });

  test('any gets the type that the text suggests', () => {
    const typeOf = (text: string): string =>
      (jsonToValue(type, `{v:${text}}`).get('v') as Value).desc.typeName;
    expect(['1', '1.0', 'true', '"x"', '[1,2]', '[1,2.5]', '["x"]', '[true]'].map(typeOf)).toEqual([
      'long',
      'double',
      'boolean',
      'string',
      'long[]',
      'double[]',
      'string[]',
      'boolean[]',
    ]);
    expect(jsonToValue(type, '{v:null}').get('v')).toBeNull();
  });

  test('64-bit integers keep all digits', () => {
    expect(jsonToValue(type, '{l:9223372036854775807}').get('l')).toBe(2n ** 63n - 1n);
  });
});

describe('parseRelaxedJson', () => {
  test.each([
    ['null', null],
    [' [ 1 , -2, +3, 0x1F, -0x1f ] ', [1n, -2n, 3n, 31n, -31n]],
    ['[1.5, .5, 5., 1e3, -1E-3, -0]', [1.5, 0.5, 5, 1000, -0.001, -0]],
    [
      '[NaN, Infinity, -Infinity, +Infinity]',
      [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    ],
    ['{a:1,\'b c\':2,"d":3,$e_1:4,}', { a: 1n, 'b c': 2n, d: 3n, $e_1: 4n }],
    ['[1,2,]', [1n, 2n]],
    ['[]', []],
    ['{}', {}],
    ['// comment\n/* more\n */ true', true],
    ['"a\\"b\\n\\u00e9\\x41\\\\\\q\\\nz"', 'a"b\néA\\qz'],
    ["'it\\'s \"'", 'it\'s "'],
    ['{true:1,null:2}', { true: 1n, null: 2n }],
  ])('%s', (text, expected) => {
    expect(parseRelaxedJson(text)).toEqual(expected);
  });

  test.each([
    '',
    '{',
    '[',
    '[1',
    '[1 2]',
    '{a}',
    '{a:}',
    '{a:1 b:2}',
    '{1:2}',
    '"abc',
    "'abc",
    '"a\nb"',
    '1 2',
    'truth',
    '1x',
    '--1',
    '0x',
    '1.2.3',
    '/* open',
  ])('malformed text %s is refused with the offset', (text) => {
    expect(() => parseRelaxedJson(text)).toThrow(ConversionError);
    expect(() => parseRelaxedJson(text)).toThrow(/at offset \d+$/);
  });

  test('nesting is limited (PVA-L-4)', () => {
    expect(() => parseRelaxedJson('['.repeat(100_000))).toThrow(LimitError);
    expect(parseRelaxedJson(`${'['.repeat(20)}${']'.repeat(20)}`)).toBeDefined();
  });

  test('a key __proto__ makes a plain property', () => {
    const parsed = parseRelaxedJson('{"__proto__": {"x": 1}}');
    expect(Object.keys(parsed as object)).toEqual(['__proto__']);
  });

  test('long strings do not overflow', () => {
    const text = 'x\\n'.repeat(300_000);
    expect(parseRelaxedJson(`"${text}"`)).toHaveLength(600_000);
  });
});

describe('valueToJson', () => {
  const value = Value.from(type, {
    d: Number.NaN,
    l: 2n ** 60n,
    s: 'a"\n',
    b: true,
    list: [1, -0, Number.POSITIVE_INFINITY],
    flags: [true],
    u: 5,
    v: 'x',
    structs: [{ severity: 1 }, null],
    anys: [1, null],
  });

  test('writes all content, and what it wrote reads back', () => {
    const text = valueToJson(value);
    expect(text).toBe(
      '{"d":NaN,"l":1152921504606846976,"s":"a\\"\\n","b":true,"list":[1,-0,Infinity],"flags":[true],' +
        '"alarm":{"severity":0,"status":0,"message":""},"u":5,"v":"x",' +
        '"structs":[{"severity":1,"status":0,"message":""},null],"anys":[1,null]}',
    );
    const back = jsonToValue(type, text);
    expect(valueToJson(back)).toBe(text);
  });

  test('strict text is standard JSON', () => {
    const parsed = JSON.parse(valueToJson(value, { isStrict: true })) as Record<string, unknown>;
    expect(parsed['d']).toBeNull();
    expect(parsed['list']).toEqual([1, -0, null]);
  });

  test('markedOnly writes the marked fields', () => {
    expect(valueToJson(Value.from(type, { alarm: { status: 1 } }), { markedOnly: true })).toBe(
      '{"alarm":{"status":1}}',
    );
  });

  test('values that are no structure are written bare', () => {
    expect(valueToJson(Value.from(scalarType('int[]'), [1, 2]))).toBe('[1,2]');
    expect(valueToJson(new Value(scalarType('any')))).toBe('null');
  });
});
