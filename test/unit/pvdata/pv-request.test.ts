import { describe, expect, test } from 'vitest';
import { alarmType, ntScalarType } from '../../../src/nt/index.ts';
import {
  makePvRequest,
  parsePvRequest,
  requestOption,
  scalarType,
  selectMask,
  structType,
  unionType,
  Value,
} from '../../../src/pvdata/index.ts';
import { ConfigError, FieldError } from '../../../src/util/index.ts';

const empty = { field: {} };
const value = { field: { value: {} } };

describe('parsePvRequest (PVA-W-71, PVA-W-72)', () => {
  test.each([
    ['', empty],
    ['  ', empty],
    ['field()', empty],
    ['field( )', empty],
    ['value', value],
    ['field(value)', value],
    ['field ( value )', value],
    ['value.index', { field: { value: { index: {} } } }],
    ['field(value,alarm.severity)', { field: { value: {}, alarm: { severity: {} } } }],
    ['value alarm', { field: { value: {}, alarm: {} } }],
    ['value,alarm', { field: { value: {}, alarm: {} } }],
    ['field(value) field(alarm)', { field: { value: {}, alarm: {} } }],
    ['field(a.x)a.y', { field: { a: { x: {}, y: {} } } }],
    ['record[a=b,c=d]field(x)', { field: { x: {} }, record: { _options: { a: 'b', c: 'd' } } }],
    ['field(x)record[a=b] record[c=d]', { field: { x: {} }, record: { _options: { a: 'b', c: 'd' } } }],
    ['record[]', empty],
    ['field(value)record[]', value],
    ['field(a{b,c})', { field: { a: { b: {}, c: {} } } }],
    ['a{b{c}}', { field: { a: { b: { c: {} } } } }],
    ['field(a[x=y])', { field: { a: { _options: { x: 'y' } } } }],
    ['a.b[x=y]{c}', { field: { a: { b: { _options: { x: 'y' }, c: {} } } } }],
    ['getField(a)putField(b,c)', { field: {}, getField: { a: {} }, putField: { b: {}, c: {} } }],
    ['record[x=-1]', { field: {}, record: { _options: { x: '-1' } } }],
    ['record[DBE=VALUE|ALARM]', { field: {}, record: { _options: { DBE: 'VALUE|ALARM' } } }],
    [
      'record[a = b c , d= "x,]y" , e=\'"\',f=]',
      { field: {}, record: { _options: { a: 'b c', d: 'x,]y', e: '"', f: '' } } },
    ],
    ['record[a=1,a=2]', { field: {}, record: { _options: { a: '2' } } }],
    ['record.x', { field: { record: { x: {} } } }],
    ['fieldname', { field: { fieldname: {} } }],
    ['field', { field: { field: {} } }],
  ])('%s', (text, expected) => {
    expect(parsePvRequest(text).toObject()).toEqual(expected);
  });

  test.each([
    ['record[a=b', 11, '"," or "]"'],
    ['field(a', 8, '")"'],
    ['field(a{b)', 10, 'a field name'],
    ['a..b', 1, 'instead of "a..b"'],
    ['a._options', 1, 'a field name'],
    ['.', 1, 'a field name'],
    ['record[a]', 8, '"option=value"'],
    ['record[a="b"c]', 13, '"," or "]"'],
    ['value)', 6, 'a field name'],
    ['[x=y]', 1, 'a field name'],
  ])('%s is refused with the column', (text, column, expected) => {
    const parse = (): Value => parsePvRequest(text);
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(expected);
    expect(parse).toThrow(`at column ${column}`);
  });

  test('equal requests are of the same type, whatever the order of options', () => {
    expect(parsePvRequest('record[a=1,b=2]').desc).toBe(parsePvRequest('field()record[b=3,a=4]').desc);
  });

  test('names of prototypes are plain names', () => {
    expect(parsePvRequest('constructor,__proto__').desc.fieldCount).toBe(4);
  });
});

describe('makePvRequest (PVA-W-73)', () => {
  test('takes fields and options, which become text', () => {
    const request = makePvRequest({
      fields: ['value', 'alarm.severity'],
      record: { queueSize: 10, pipeline: true, process: 'passive' },
    });
    expect(request.toObject()).toEqual({
      field: { value: {}, alarm: { severity: {} } },
      record: { _options: { pipeline: 'true', process: 'passive', queueSize: '10' } },
    });
    expect(makePvRequest({}).toObject()).toEqual(empty);
    expect(makePvRequest({ fields: [' a{b} '] }).toObject()).toEqual({ field: { a: { b: {} } } });
  });

  test.each(['', 'a b', 'field(a)', 'a,b'])('refuses "%s" as a field', (field) => {
    expect(() => makePvRequest({ fields: [field] })).toThrow(ConfigError);
  });
});

describe('selectMask (PVA 9.4)', () => {
  const type = ntScalarType('double', { display: true });
  const select = (text: string): string[] =>
    [...selectMask(type, parsePvRequest(text))].map((slot) => type.nameAt(slot));

  test('nothing and an empty selection select all (PVA-W-60)', () => {
    const all = [
      null,
      undefined,
      parsePvRequest(''),
      new Value(structType('', {})),
      new Value(scalarType('int')),
    ];
    for (const request of all) expect(selectMask(type, request).count).toBe(type.fieldCount);
    expect(selectMask(type, Value.from(structType('', { field: 'int' }), {})).count).toBe(type.fieldCount);
    expect(selectMask(scalarType('int'), parsePvRequest('value')).count).toBe(1);
  });

  test('bit 0 and the subtrees of named fields are selected', () => {
    expect(select('value')).toEqual(['', 'value']);
    expect(select('alarm')).toEqual(['', 'alarm', 'alarm.severity', 'alarm.status', 'alarm.message']);
    expect(select('value,alarm.status')).toEqual(['', 'value', 'alarm.status']);
    expect(select('field(alarm[x=y])')).toEqual(select('alarm'));
  });

  test('unknown names are ignored, unless nothing remains', () => {
    expect(select('value,nothing,alarm.nothing')).toEqual(['', 'value']);
    expect(() => select('nothing,value.index')).toThrow(FieldError);
    expect(() => select('nothing')).toThrow('pvRequest must select at least one field');
  });

  test('a union is selected as a whole only', () => {
    const desc = structType('', { u: unionType('', { a: alarmType }), v: 'int' });
    expect([...selectMask(desc, parsePvRequest('u,v'))]).toEqual([0, 1, 2]);
    expect([...selectMask(desc, parsePvRequest('u.a,v'))]).toEqual([0, 2]);
  });

  test('PUT_GET has a selection for each direction, or one for both', () => {
    const request = parsePvRequest('getField(alarm.status)putField(value)');
    expect([...selectMask(type, request, 'putField')]).toEqual([0, 1]);
    expect([...selectMask(type, request, 'getField')]).toEqual([0, 4]);
    expect([...selectMask(type, parsePvRequest('value'), 'getField')]).toEqual([0, 1]);
  });
});

describe('requestOption (PVA-W-72)', () => {
  test('gives text for text, numbers and booleans', () => {
    const options = structType('', {
      s: 'string',
      n: 'uint',
      l: 'long',
      b: 'boolean',
      v: 'any',
      a: 'int[]',
      none: 'any',
    });
    const type = structType('', { record: structType('', { _options: options }) });
    const request = Value.from(type, {
      record: { _options: { s: 'x', n: 10, l: 5n, b: true, v: 2.5, a: [1] } },
    });
    const names = ['s', 'n', 'l', 'b', 'v', 'a', 'none', 'other'];
    expect(names.map((name) => requestOption(request, name))).toEqual([
      'x',
      '10',
      '5',
      'true',
      '2.5',
      undefined,
      undefined,
      undefined,
    ]);
    expect(requestOption(parsePvRequest('record[queueSize=10]'), 'queueSize')).toBe('10');
  });

  test('is undefined without options', () => {
    for (const request of [null, undefined, parsePvRequest(''), new Value(scalarType('int'))]) {
      expect(requestOption(request, 'queueSize')).toBeUndefined();
    }
    expect(requestOption(Value.from(structType('', { record: 'int' }), {}), 'x')).toBeUndefined();
  });
});
