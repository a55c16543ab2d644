import { type FieldDesc, type MemberSpecs, structType, Value } from '../pvdata/index.ts';
import { readText } from './common.ts';

/** NTURI: scheme, authority, path, query with the given members. */
export function ntUriType(query: MemberSpecs): FieldDesc {
  return structType('epics:nt/NTURI:1.0', {
    scheme: 'string',
    authority: 'string',
    path: 'string',
    query: structType('', query),
  });
}

/**
 * An NTURI as argument of an RPC.
 *
 * @param path name of the service, usually the PV.
 * @param query types of the arguments, see `ntUriType`.
 * @param content the arguments; those left out stay at their defaults and unmarked.
 */
export function makeUri(
  path: string,
  query: MemberSpecs,
  content: Readonly<Record<string, unknown>>,
  o: { readonly scheme?: string; readonly authority?: string } = {},
): Value {
  const uri = Value.from(ntUriType(query), { scheme: o.scheme ?? 'pva', path, query: content });
  if (o.authority !== undefined) uri.set('authority', o.authority);
  return uri;
}

/** The parts of an NTURI. */
export interface NtUri {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  /** Arguments by name, as plain content. */
  readonly query: Readonly<Record<string, unknown>>;
}

/** The parts of an NTURI; a structure without `query` is taken as the arguments themselves, as some clients send. */
export function readUri(value: Value): NtUri {
  const query = value.get('query');
  return {
    scheme: readText(value, 'scheme'),
    authority: readText(value, 'authority'),
    path: readText(value, 'path'),
    query: query instanceof Value ? query.toObject() : value.toObject(),
  };
}
