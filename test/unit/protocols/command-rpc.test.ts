import { describe, expect, it } from 'vitest';
import { rpcArgument, rpcReply } from '../../../src/protocols/command-rpc.ts';
import { structType, Value } from '../../../src/pvdata/index.ts';
import { float, LocalCommand, ndarray } from '../../../src/tree/index.ts';

const queryOf = (args: Record<string, 'int' | 'string' | 'double[]'>): Value =>
  new Value(
    structType('epics:nt/NTURI:1.0', { scheme: 'string', path: 'string', query: structType('', args) }),
  );

describe('rpcArgument', () => {
  it('EPS-E-49 is arg of query, in NTURI and in plain structures', () => {
    expect(rpcArgument(queryOf({ arg: 'int' }).set('query.arg', 99))).toBe(99);
    const plain = new Value(structType('', { query: structType('', { arg: 'string' }) })).set(
      'query.arg',
      'x',
    );
    expect(rpcArgument(plain)).toBe('x');
    const list = queryOf({ arg: 'double[]' }).set('query.arg', [1, 2]);
    expect(rpcArgument(list)).toEqual(Float64Array.of(1, 2));
  });

  it('EPS-E-49 no query and no arg are no argument', () => {
    expect(rpcArgument(null)).toBeUndefined();
    expect(rpcArgument(queryOf({ other: 'int' }))).toBeUndefined();
    expect(rpcArgument(new Value(structType('', { x: 'int' })))).toBeUndefined();
  });

  it('a structure as argument is a plain object', () => {
    const type = structType('', { query: structType('', { arg: structType('', { a: 'int' }) }) });
    expect(rpcArgument(new Value(type).set('query.arg.a', 3))).toEqual({ a: 3 });
  });
});

describe('rpcReply', () => {
  const reply = (retValue: unknown, result: unknown): [string, unknown] => {
    const value = rpcReply(new LocalCommand({ name: 'C', retValue }), result);
    const { desc } = value;
    return [desc.fieldAt(desc.offsetOf('value')).toString().split(/\s/)[0] ?? '', value.get('value')];
  };

  it.each([
    ['int', 0, 7, ['int64_t', 7n]],
    ['float', float(0), 7, ['double', 7]],
    ['str', '', 'x', ['string', 'x']],
    ['bool', true, false, ['bool', false]],
    ['a list of int', [1], [1, 2], ['int64_t[]', BigInt64Array.of(1n, 2n)]],
    ['a list of str', ['a'], ['x'], ['string[]', ['x']]],
  ])('EPS-E-50 a command that declares %s answers with it', (_name, declared, result, expected) => {
    expect(reply(declared, result)).toEqual(expected);
  });

  it.each([
    ['a whole number', 7, ['int64_t', 7n]],
    ['a broken number', 7.5, ['double', 7.5]],
    ['a big number', 2n ** 60n, ['int64_t', 2n ** 60n]],
    ['a text', 'x', ['string', 'x']],
    ['a boolean', true, ['bool', true]],
    ['nothing', undefined, ['string', 'None']],
    ['null', null, ['string', 'None']],
    ['numbers', [1, 2.5], ['double[]', Float64Array.of(1, 2.5)]],
    ['a mixed list', [1, 'a'], ['string', "[1, 'a']"]],
    ['a typed array', Uint16Array.of(1, 2), ['uint16_t[]', Uint16Array.of(1, 2)]],
    ['an image', ndarray(Float32Array.of(1, 2), [1, 2]), ['float[]', Float32Array.of(1, 2)]],
    ['a dictionary', { a: 1 }, ['string', "{'a': 1}"]],
  ])('EPS-E-50 without declaration %s has its own type', (_name, result, expected) => {
    expect(reply(null, result)).toEqual(expected);
  });

  it('EPS-E-50 a result that does not fit the declaration has its own type', () => {
    expect(reply(0, [1, 2])).toEqual(['int64_t[]', BigInt64Array.of(1n, 2n)]);
  });
});
