import { expect, test } from 'vitest';
import { boldMarks, formatTree, formatTypeTree, shownMarks } from '../../../src/cli/pva-tree.ts';
import { arrayOf, structType, unionType, Value } from '../../../src/pvdata/index.ts';

const item = structType('item_t', { n: 'int' });
const choice = unionType('', { a: 'int', b: 'string' });
const type = structType('', {
  flag: 'boolean',
  inner: item,
  items: arrayOf(item),
  choice,
  choices: arrayOf(choice),
  any: 'any',
  names: 'string[]',
  numbers: 'double[]',
});

function sample(): Value {
  const value = new Value(type);
  value.set('flag', true);
  value.set('inner.n', 3);
  value.set('items', [{ n: 1 }, null]);
  value.set('choice', Value.from(choice.members[1]?.desc ?? choice, 'sel').withSelector(1));
  value.set('any', 2.5);
  value.set('names', ['a', 'b c']);
  value.set('numbers', [1, 2.5, 1e7]);
  return value;
}

test('PVA-T-1 a tree has type, name and value in each line', () => {
  expect(formatTree(sample())).toBe(`structure 
    boolean flag true
    item_t inner
        int n 3
    item_t[] items
        item_t 
            int n 1
        (none)
    union choice
        string b sel
    union[] choices
    any any
        double  2.5
    string[] names [a, "b c"]
    double[] numbers [1,2.5,1e+07]
`);
});

test('PVA-T-1 a tree shows marked fields with all around them, and bold ones', () => {
  const value = sample();
  value.unmark();
  expect(formatTree(value, { isShown: shownMarks(value), isBold: () => false })).toBe('');
  value.mark('inner.n');
  expect(formatTree(value, { isShown: shownMarks(value), isBold: boldMarks(value) })).toBe(
    'structure \n    item_t inner\n\x1b[1m        int n 3\x1b[0m\n',
  );
});

test('PVA-T-1 a type has type and name in each line', () => {
  expect(formatTypeTree(type)).toBe(`structure
    boolean flag
    item_t inner
        int n
    item_t[] items
        item_t
            int n
    union choice
        int a
        string b
    union[] choices
        union
            int a
            string b
    any any
    string[] names
    double[] numbers
`);
});
