import { describe, expect, test } from 'vitest';
import { alarmType, ntScalarType } from '../../../src/nt/index.ts';
import { arrayOf, formatValue, scalarType, structType, unionType, Value } from '../../../src/pvdata/index.ts';

const lines = (...text: string[]): string => text.join('\n');
const choice = unionType('', { a: 'int', b: 'string' });
const inner = structType('in_t', { q: 'double' });
const type = structType('top_t', {
  i: 'int',
  f: 'float',
  ab: 'boolean[]',
  ad: 'double[]',
  st: structType('s_t', { x: 'int' }),
  un: unionType('u_t', { a: 'int', b: 'string' }),
  un0: choice,
  uns: unionType('', { a: inner }),
  any: 'any',
  any0: 'any',
  anyst: 'any',
  sa: arrayOf(structType('e_t', { x: 'int' })),
  ua: arrayOf(choice),
  aa: 'any[]',
  empty: structType('', {}),
});
const value = Value.from(type, {
  i: -5,
  f: 0.1,
  ab: [true, false],
  ad: [1, 2.5, Number.NaN],
  st: {},
  un: 'sel',
  uns: { q: 2 },
  any: 9n,
  anyst: Value.from(inner, { q: 1.5 }),
  sa: [{ x: 1 }, null],
  ua: [7, null, 'q'],
  aa: [1n, null, Value.from(inner, { q: 1.5 })],
  empty: {},
});

describe('tree style, as pvxs prints it (PVA section 20)', () => {
  test('prints every kind of field', () => {
    expect(String(value)).toBe(
      lines(
        'struct "top_t" {',
        '    int32_t i = -5',
        '    float f = 0.1',
        '    bool[] ab = {2}[1, 0]',
        '    double[] ad = {3}[1, 2.5, nan]',
        '    struct "s_t" {',
        '        int32_t x = 0',
        '    } st',
        '    union "u_t" un.b string = "sel"',
        '    union un0 null',
        '    union uns.a struct "in_t" {',
        '        double q = 2',
        '    }',
        '    any any int64_t = 9',
        '    any any0 null',
        '    any anyst struct "in_t" {',
        '        double q = 1.5',
        '    }',
        '    struct[] sa = {2}[',
        '        struct "e_t" {',
        '            int32_t x = 1',
        '        }',
        '        null',
        '    ]',
        '    union[] ua = {3}[',
        '        union.a int32_t = 7',
        '        null',
        '        union.b string = "q"',
        '    ]',
        '    any[] aa = {3}[',
        '        int64_t = 1',
        '        null',
        '        struct "in_t" {',
        '            double q = 1.5',
        '        }',
        '    ]',
        '    struct {} empty',
        '}',
      ),
    );
  });

  test('arrays are cut at the limit, floating point at the digits', () => {
    const long = Value.from(structType('', { d: 'double[]', s: arrayOf(inner) }), {
      d: [1 / 3, 2, 3],
      s: [{}, {}],
    });
    expect(formatValue(long, { arrayLimit: 1, digits: 6, indent: '> ' })).toBe(
      lines(
        '> struct {',
        '>     double[] d = {3}[0.333333, ...]',
        '>     struct[] s = {2}[',
        '>         struct "in_t" {',
        '>             double q = 0',
        '>         }',
        '>         ...',
        '>     ]',
        '> }',
      ),
    );
    expect(formatValue(long, { arrayLimit: 3 })).not.toContain('...');
  });

  test('a value that is no structure is one line', () => {
    expect(String(Value.from(scalarType('string'), 'a'))).toBe('string = "a"');
  });
});

describe('delta style, as pvxs prints it', () => {
  const delta = (v: Value): string => formatValue(v, { style: 'delta' });

  test('prints marked fields by path, a marked structure before its fields', () => {
    const scalar = Value.from(ntScalarType('double'), { value: 2.5, alarm: { message: '' } });
    expect(delta(scalar)).toBe(lines('value double = 2.5', 'alarm.message string = ""'));
    scalar.mark('alarm');
    expect(formatValue(scalar, { style: 'delta', indent: '    ' })).toBe(
      lines(
        '    value double = 2.5',
        '    alarm struct "alarm_t"',
        '    alarm.severity int32_t = 0',
        '    alarm.status int32_t = 0',
        '    alarm.message string = ""',
      ),
    );
    expect(delta(new Value(alarmType))).toBe('');
  });

  test('a mark on the whole value prints all', () => {
    const all = Value.from(inner, { q: 1 });
    all.mark('');
    expect(delta(all)).toBe(lines('struct "in_t"', 'q double = 1'));
    expect(delta(Value.from(scalarType('int'), 1))).toBe('int32_t = 1');
  });

  test('goes into unions, any and arrays of compounds', () => {
    expect(
      delta(Value.from(type, { un: 'sel', un0: null, any: 9n, anyst: Value.from(inner, { q: 1 }) })),
    ).toBe(
      lines(
        'un union',
        'un->b string = "sel"',
        'un0 union',
        'un0-> null',
        'any any',
        'any-> int64_t = 9',
        'anyst any',
        'anyst-> struct "in_t"',
        'anyst->.q double = 1',
      ),
    );
    expect(delta(Value.from(type, { sa: [{ x: 1 }, null], ua: [7, null], aa: [1n, null] }))).toBe(
      lines(
        'sa struct[]',
        'sa[0] struct "e_t"',
        'sa[0].x int32_t = 1',
        'sa[1] null',
        'ua union[]',
        'ua[0] union',
        'ua[0]->a int32_t = 7',
        'ua[1] null',
        'aa any[]',
        'aa[0] int64_t = 1',
        'aa[1] null',
      ),
    );
  });

  test('a union element with nothing selected prints null', () => {
    const list = new Value(arrayOf(choice));
    list.put(0, [new Value(choice)]);
    expect(delta(list)).toBe(lines('union[]', '[0] union', '[0]-> null'));
  });
});
