import fc from 'fast-check';
import {
  arrayOf,
  boundedType,
  compoundType,
  type FieldDesc,
  numberArrayClass,
  type ScalarName,
  scalarNames,
  scalarType,
  TypeCode,
  Value,
} from '../../src/pvdata/index.ts';

/** Number of runs of each property; FAST_CHECK_RUNS raises it. */
export const numRuns: number = Number(process.env['FAST_CHECK_RUNS'] ?? 200);

const fieldName = fc.oneof(
  fc.constantFrom('value', 'alarm', 'secondsPastEpoch', 'x', 'y', 'z'),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,9}$/),
);
const members = (type: fc.Arbitrary<FieldDesc>): fc.Arbitrary<{ name: string; desc: FieldDesc }[]> =>
  fc
    .uniqueArray(fieldName, { maxLength: 6 })
    .chain((names) => fc.tuple(...names.map((name) => type.map((desc) => ({ name, desc })))));

/** Any type, nested a few levels. */
export const anyType: fc.Arbitrary<FieldDesc> = fc.letrec<{
  type: FieldDesc;
  struct: FieldDesc;
  union: FieldDesc;
}>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<ScalarName>(...scalarNames).map((name) => scalarType(name)),
    fc.constantFrom<ScalarName>(...scalarNames).map((name) => scalarType(`${name}[]`)),
    fc.constantFrom<'any' | 'any[]'>('any', 'any[]').map((name) => scalarType(name)),
    fc
      .tuple(fc.constantFrom<ScalarName>(...scalarNames), fc.integer({ min: 1, max: 6 }), fc.boolean())
      .map(([name, bound, isFixed]) => boundedType(`${name}[]`, bound, isFixed)),
    fc.integer({ min: 1, max: 10 }).map((bound) => boundedType('string', bound)),
    tie('struct'),
    tie('union'),
    tie('struct').map(arrayOf),
    tie('union').map(arrayOf),
  ),
  struct: fc
    .tuple(fc.constantFrom('', 'alarm_t', 'epics:nt/NTScalar:1.0'), members(tie('type')))
    .map(([id, list]) => compoundType(TypeCode.Struct, id, list)),
  union: members(tie('type')).map((list) => compoundType(TypeCode.Union, '', list)),
})).type;

const ranges: Readonly<Record<string, [number, number]>> = {
  byte: [-128, 127],
  short: [-32768, 32767],
  int: [-(2 ** 31), 2 ** 31 - 1],
  ubyte: [0, 255],
  ushort: [0, 65535],
  uint: [0, 2 ** 32 - 1],
};

function scalarContent(name: string): fc.Arbitrary<boolean | number | bigint | string> {
  const range = ranges[name];
  if (range !== undefined) return fc.integer({ min: range[0], max: range[1] });
  switch (name) {
    case 'boolean':
      return fc.boolean();
    case 'long':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case 'ulong':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case 'float':
      return fc.float();
    case 'double':
      return fc.double();
    default:
      return fc.oneof(fc.string({ maxLength: 5 }), fc.string({ unit: 'grapheme', maxLength: 100 }));
  }
}

function arrayContent(desc: FieldDesc): fc.Arbitrary<unknown> {
  const name = desc.typeName.slice(0, -2);
  const limits = desc.isFixed
    ? { minLength: desc.bound, maxLength: desc.bound }
    : { maxLength: desc.bound > 0 ? desc.bound : 40 };
  return fc.array(scalarContent(name), limits).map((list) => {
    const make = numberArrayClass(desc.code) as Float64ArrayConstructor | undefined;
    return make === undefined ? list : make.from(list as number[]);
  });
}

/** Content of a slot of a type, as slots hold it. */
function content(desc: FieldDesc, name: string, depth: number): fc.Arbitrary<unknown> {
  const nullable = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.option(item, { freq: 3 });
  switch (desc.code) {
    case TypeCode.Any:
      return depth > 2 ? fc.constant(null) : nullable(anyType.chain((type) => valueOf(type, depth + 1)));
    case TypeCode.Union:
      return nullable(unionContent(desc, depth));
    case TypeCode.AnyArray:
      return depth > 2
        ? fc.constant([])
        : fc.array(nullable(anyType.chain((type) => valueOf(type, depth + 1))), { maxLength: 3 });
    case TypeCode.UnionArray:
      return fc.array(nullable(unionContent(desc.element as FieldDesc, depth)), { maxLength: 3 });
    case TypeCode.StructArray:
      return fc.array(nullable(valueOf(desc.element as FieldDesc, depth + 1)), { maxLength: 3 });
    case TypeCode.Long:
      return name === 'secondsPastEpoch' ? fc.maxSafeInteger() : scalarContent('long');
    default:
      if (desc.isArray) return arrayContent(desc);
      if (desc.bound > 0) return fc.string({ unit: 'grapheme-ascii', maxLength: desc.bound });
      return scalarContent(desc.typeName);
  }
}

function unionContent(desc: FieldDesc, depth: number): fc.Arbitrary<unknown> {
  if (desc.members.length === 0) return fc.constant(null);
  return fc
    .constantFrom(...desc.members)
    .chain((member) => valueOf(member.desc, depth + 1).map((value) => value.withSelector(member.offset)));
}

/** A value of a type with any content; slot by slot, all marked that were drawn. */
export function valueOf(desc: FieldDesc, depth = 0): fc.Arbitrary<Value> {
  const slots = Array.from({ length: desc.fieldCount }, (_, slot) => slot).filter(
    (slot) => !desc.fieldAt(slot).isStruct,
  );
  const leafName = (slot: number): string => desc.nameAt(slot).split('.').at(-1) ?? '';
  return fc
    .tuple(
      ...slots.map((slot) =>
        fc.option(content(desc.fieldAt(slot), leafName(slot), depth), { nil: undefined, freq: 4 }),
      ),
    )
    .map((contents) => {
      const value = new Value(desc);
      slots.forEach((slot, i) => {
        const field = desc.fieldAt(slot);
        if (contents[i] !== undefined) value.put(slot, contents[i]);
        else if (field.isFixed) value.put(slot, fixedDefault(field));
      });
      return value;
    });
}

/** Fixed arrays come back with all their elements, unlike the empty default. */
function fixedDefault(desc: FieldDesc): unknown {
  const make = numberArrayClass(desc.code);
  if (make !== undefined) return new make(desc.bound);
  return new Array<boolean | string>(desc.bound).fill(desc.code === TypeCode.BooleanArray ? false : '');
}

/** A value of any type. */
export const anyValue: fc.Arbitrary<Value> = anyType.chain((desc) => valueOf(desc));
