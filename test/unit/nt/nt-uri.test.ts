import { expect, test } from 'vitest';
import { makeUri, readUri } from '../../../src/nt/index.ts';
import { scalarType, structType, Value } from '../../../src/pvdata/index.ts';
import { FieldError } from '../../../src/util/index.ts';

test('arguments go in by name and come out by name', () => {
  const uri = makeUri(
    'sum',
    { lhs: 'double', rhs: 'double', verbose: 'boolean' },
    { lhs: 1, rhs: '2' },
    { authority: 'me' },
  );
  expect(uri.desc.id).toBe('epics:nt/NTURI:1.0');
  expect([...uri.marked()]).toEqual(['scheme', 'authority', 'path', 'query.lhs', 'query.rhs']);
  expect(readUri(uri)).toEqual({
    scheme: 'pva',
    authority: 'me',
    path: 'sum',
    query: { lhs: 1, rhs: 2, verbose: false },
  });
  expect(makeUri('x', {}, {}, { scheme: 'http' }).get('scheme')).toBe('http');
  expect(() => makeUri('sum', {}, { x: 1 })).toThrow(FieldError);
});

test('a structure that is no URI is taken as the arguments', () => {
  expect(readUri(Value.from(structType('', { a: 'int' }), { a: 1 }))).toEqual({
    scheme: '',
    authority: '',
    path: '',
    query: { a: 1 },
  });
  expect(readUri(Value.from(scalarType('int'), 4)).query).toEqual({ value: 4 });
});
