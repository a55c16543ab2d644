import { expect, it } from 'vitest';
import { makeSharedPv } from '../../../src/protocols/shared-pv.ts';
import { localPeer, ReadOperation } from '../../../src/pv/index.ts';
import { float, LocalVariable } from '../../../src/tree/index.ts';

const get = new ReadOperation('get', localPeer());

it.each([
  ['?', true, 'boolean', true],
  ['b', 5, 'int8', 5],
  ['B', 5, 'uint8', 5],
  ['h', 5, 'int16', 5],
  ['H', 5, 'uint16', 5],
  ['i', 5, 'int32', 5],
  ['I', 5, 'uint32', 5],
  ['l', 5, 'int64', 5n],
  ['L', 5, 'uint64', 5n],
  ['f', 5, 'float32', 5],
  ['d', 5, 'float64', 5],
  ['s', 'x', 'string', 'x'],
])('EPS-E-5 type letter %s', (letter, native, element, shown) => {
  const variable = new LocalVariable<unknown>({ name: 'X', value: native });
  const pv = makeSharedPv(variable, variable._makeValue(native), letter);
  expect([pv.type.element, pv.read(get).value]).toEqual([element, shown]);
});

it('EPS-E-5 the type of the variable is the default', () => {
  const types = [
    new LocalVariable<unknown>({ name: 'F', value: float(1) }),
    new LocalVariable<unknown>({ name: 'E', value: 0, enum: [[0, 'Off']] }),
    new LocalVariable<unknown>({ name: 'A', value: Float64Array.of(1, 2), typeStr: 'float64(2,)' }),
    new LocalVariable<unknown>({ name: 'S', value: 'x' }),
  ].map((variable) => makeSharedPv(variable, variable._makeValue(variable.value)).type.element);
  expect(types).toEqual(['float64', 'enum', 'float64', 'string']);
});

it.each(['v', 'U', 'S', 'enum', 'ndarray', 'toString', ''])(
  'EPS-E-5 no PV of type %j is made of an integer',
  (letter) => {
    const variable = new LocalVariable({ name: 'X', value: 1 });
    expect(() => makeSharedPv(variable, variable._makeValue(1), letter)).toThrow(`no PV of type "${letter}"`);
  },
);
