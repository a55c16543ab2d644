import { type FieldDesc, isArrayLike, type ScalarName, structType, Value } from '../pvdata/index.ts';
import { commonMembers, type NtCommonOptions, readTexts } from './common.ts';

/** NTNameValue: name, value arrays of the same length, [descriptor], alarm, timeStamp. */
export function ntNameValueType(value: ScalarName, o: NtCommonOptions = {}): FieldDesc {
  return structType('epics:nt/NTNameValue:1.0', {
    name: 'string[]',
    value: `${value}[]`,
    ...commonMembers(o),
  });
}

/** An NTNameValue from names and their content. */
export function makeNameValue(type: ScalarName, content: Readonly<Record<string, unknown>>): Value {
  return Value.from(ntNameValueType(type), { name: Object.keys(content), value: Object.values(content) });
}

/** Content by name, of the names that have some. */
export function readNameValue(value: Value): ReadonlyMap<string, unknown> {
  const contents = value.get('value');
  const map = new Map<string, unknown>();
  if (!isArrayLike(contents)) return map;
  readTexts(value, 'name').forEach((name, i) => {
    if (i < contents.length) map.set(name, contents[i]);
  });
  return map;
}
