import { structType, Value } from '../../pvdata/index.ts';

/** Method without identity. */
export const METHOD_ANONYMOUS = 'anonymous';
/** Method with user and host name, unproven. */
export const METHOD_CA = 'ca';

const caAuthType = structType('', { user: 'string', host: 'string' });

/** What the `ca` method tells about a client. */
export interface CaIdentity {
  readonly user: string;
  readonly host: string;
}

/** Data of the `ca` method: `{ user, host }`. */
export function encodeCaIdentity(identity: CaIdentity): Value {
  return Value.from(caAuthType, { user: identity.user, host: identity.host });
}

/** Reads the data of the `ca` method. What is missing is ''; pvxs clients send both empty. */
export function decodeCaIdentity(data: Value | null): CaIdentity {
  return { user: textOf(data?.get('user')), host: textOf(data?.get('host')) };
}

function textOf(x: unknown): string {
  return typeof x === 'string' ? x : '';
}

/**
 * The method a client chooses: the last in the server's list that it supports, `anonymous` when there is none.
 *
 * @see pvxs src/clientconn.cpp, Connection::handle_CONNECTION_VALIDATION
 */
export function chooseMethod(offered: readonly string[], supported: readonly string[]): string {
  for (let i = offered.length - 1; i >= 0; i--) {
    const method = offered[i] as string;
    if (method !== '' && supported.includes(method)) return method;
  }
  return METHOD_ANONYMOUS;
}
