import { type FieldDesc, TypeCode, type Value } from '../pvdata/index.ts';
import { readEnum } from './nt-enum.ts';
import { readNameValue } from './nt-name-value.ts';
import { readNdArray } from './nt-ndarray.ts';
import { readTable, tableRows } from './nt-table.ts';
import { readUri } from './nt-uri.ts';

const kindsByName = {
  NTScalar: 'scalar',
  NTScalarArray: 'scalarArray',
  NTEnum: 'enum',
  NTMatrix: 'matrix',
  NTURI: 'uri',
  NTNameValue: 'nameValue',
  NTTable: 'table',
  NTAttribute: 'attribute',
  NTMultiChannel: 'multiChannel',
  NTScalarMultiChannel: 'scalarMultiChannel',
  NTUnion: 'union',
  NTHistogram: 'histogram',
  NTContinuum: 'continuum',
  NTAggregate: 'aggregate',
  NTNDArray: 'ndarray',
} as const;

/** Which normative type a structure is. */
export type NtKind = (typeof kindsByName)[keyof typeof kindsByName] | 'unknown';

/**
 * Tells which normative type a structure is: by its id, of major version 1, else by what it consists of, because some
 * servers leave out the id of types that were reduced to the selected fields.
 */
export function identify(desc: FieldDesc): NtKind {
  if (!desc.isStruct) return 'unknown';
  const name = /^epics:nt\/(NT\w+):1(?:\.|$)/.exec(desc.id)?.[1];
  if (name !== undefined && Object.hasOwn(kindsByName, name))
    return kindsByName[name as keyof typeof kindsByName];
  return identifyByStructure(desc);
}

function identifyByStructure(desc: FieldDesc): NtKind {
  const value = desc.member('value')?.desc;
  if (value === undefined)
    return desc.member('query') !== undefined && desc.member('path') !== undefined ? 'uri' : 'unknown';
  if (value.isStruct) {
    if (isEnum(value)) return 'enum';
    const isTable =
      desc.member('labels') !== undefined && value.members.every((member) => member.desc.isArray);
    return isTable ? 'table' : 'unknown';
  }
  if (value.isUnion) return desc.member('dimension') !== undefined ? 'ndarray' : 'union';
  if (value.code >= TypeCode.Struct) return 'unknown';
  return value.isArray ? arrayKind(desc) : 'scalar';
}

function arrayKind(desc: FieldDesc): NtKind {
  if (desc.member('name')?.desc.code === TypeCode.StringArray) return 'nameValue';
  return desc.member('channelName') !== undefined ? 'scalarMultiChannel' : 'scalarArray';
}

/** Tells whether a structure is an enumeration: index and choices, whatever its id. */
export function isEnum(desc: FieldDesc): boolean {
  const choices = desc.isStruct ? desc.member('choices')?.desc.code : undefined;
  return choices === TypeCode.StringArray && desc.member('index') !== undefined;
}

/**
 * What a normative type is about, as plain content: scalars and arrays as they are, enums as `NtEnum`, tables as row
 * objects, images as `NtImage`, URIs as `NtUri`, name-value pairs as Map; the content of `value` for the other types,
 * all fields when there is no `value`.
 */
export function unwrap(value: Value): unknown {
  switch (identify(value.desc)) {
    case 'scalar':
    case 'scalarArray':
    case 'matrix':
      return value.get('value');
    case 'enum':
      return readEnum(value);
    case 'table':
      return tableRows(readTable(value));
    case 'ndarray':
      return readNdArray(value);
    case 'uri':
      return readUri(value);
    case 'nameValue':
      return readNameValue(value);
    default: {
      const plain = value.toObject();
      return Object.hasOwn(plain, 'value') ? plain['value'] : plain;
    }
  }
}
