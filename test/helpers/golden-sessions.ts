import { readdirSync, readFileSync } from 'node:fs';
import { fromHex } from '../../src/testing/index.ts';
import type { Session } from './hear.ts';

interface RecordedSession {
  readonly name: string;
  readonly protocol: 'ca' | 'pva';
  readonly ours: 'client' | 'server';
  readonly client: string;
  readonly server: string;
  readonly heard: { readonly client: readonly string[]; readonly server: readonly string[] };
}

/** A TCP stream between this library and a peer, recorded once. */
export interface GoldenInteropSession extends Session {
  readonly name: string;
  /** The end that this library was. */
  readonly ours: 'client' | 'server';
  /** What was heard from each end at the time. */
  readonly heard: { readonly client: readonly string[]; readonly server: readonly string[] };
}

const folder = new URL('../golden/', import.meta.url);

/** All sessions of the files `interop-*.json`. */
export const goldenInteropSessions: readonly GoldenInteropSession[] = readdirSync(folder)
  .filter((name) => /^interop-.*\.json$/.test(name))
  .flatMap((name) => {
    const file = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as {
      readonly sessions: readonly RecordedSession[];
    };
    return file.sessions.map((session) => ({ ...session, bytesFrom: (from) => fromHex(session[from]) }));
  });
