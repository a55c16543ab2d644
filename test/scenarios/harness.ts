import { expect, onTestFinished } from 'vitest';
import { CaClient, type CaGetOptions, type PutValue } from '../../src/ca/index.ts';
import { SoftIoc, type SoftIocOptions } from '../../src/ioc/index.ts';
import { EpicsPvServer, type EpicsPvServerOptions } from '../../src/protocols/epicsV7/index.ts';
import type { Snapshot } from '../../src/pv/index.ts';
import { PvaClient, type PvaPutValue } from '../../src/pva/index.ts';
import type { Value } from '../../src/pvdata/index.ts';
import type { Root } from '../../src/tree/index.ts';
import { addLogSink, type LogRecord } from '../../src/util/index.ts';

/** Longest wait for anything, ms. */
export const LIMIT_MS = 5000;

/** What a test may choose about the server and its surroundings. */
export interface LabOptions extends Partial<Omit<EpicsPvServerOptions, 'root'>> {
  /** Share this IOC, which somebody else closes. */
  readonly ioc?: SoftIoc;
}

/** A served tree with a client of each protocol. */
export interface Lab {
  readonly root: Root;
  readonly epics: EpicsPvServer;
  readonly ioc: SoftIoc;
  readonly ca: CaClient;
  readonly pva: PvaClient;
  /** Everything logged since the start. */
  readonly log: LogRecord[];
  /** PV name of a path below the root: `Dev.A`. */
  readonly pv: (path: string) => string;
  /** Log lines at error level since the last call; those that no test takes fail it at its end. */
  readonly takeErrors: () => LogRecord[];
}

/** Collects the log of one test; errors that it does not take make it fail. */
export function captureLog(): Pick<Lab, 'log' | 'takeErrors'> {
  const log: LogRecord[] = [];
  let taken = 0;
  const takeErrors = (): LogRecord[] => {
    const errors = log.slice(taken).filter(({ level }) => level === 'error');
    taken = log.length;
    return errors;
  };
  const stop = addLogSink((record) => log.push(record));
  onTestFinished(() => {
    stop();
    expect(takeErrors().map(({ message }) => message)).toEqual([]);
  });
  return { log, takeErrors };
}

/** An IOC on 127.0.0.1 that is closed at the end of the test. */
export function startIoc(options: SoftIocOptions = {}): SoftIoc {
  const ioc = SoftIoc.isolated(options);
  onTestFinished(() => ioc.close());
  return ioc;
}

/** Clients of an IOC, closed at the end of the test. */
export function connectTo(ioc: SoftIoc): { readonly ca: CaClient; readonly pva: PvaClient } {
  if (ioc.ca === undefined || ioc.pva === undefined) throw new Error('the IOC lacks a server');
  const ca = new CaClient(ioc.ca.clientConfig());
  const pva = new PvaClient(ioc.pva.clientConfig(), { env: {} });
  onTestFinished(async () => {
    await ca.close();
    await pva.close();
  });
  return { ca, pva };
}

/** Serves a tree on 127.0.0.1; all ends with the test. */
export async function startLab(root: Root, options: LabOptions = {}): Promise<Lab> {
  const { log, takeErrors } = captureLog();
  const ioc = options.ioc ?? startIoc();
  const base = options.base ?? 'T';
  const epics = new EpicsPvServer({ ...options, base, root, ioc });
  onTestFinished(() => root.stop());
  await root.start();
  const pv = (path: string): string => `${base}:${root.name}:${path.replaceAll('.', ':')}`;
  return { root, epics, ioc, ...connectTo(ioc), log, pv, takeErrors };
}

/** Puts over Channel Access and waits until it is done. */
export function caPut(lab: Lab, path: string, value: PutValue): Promise<void> {
  return lab.ca.put(lab.pv(path), value, { wait: true });
}

/** Puts over PVAccess and waits until it is done. */
export function pvaPut(lab: Lab, path: string, value: PvaPutValue): Promise<void> {
  return lab.pva.put(lab.pv(path), value);
}

/** Bare value over Channel Access. */
export function caGet(lab: Lab, path: string, options: CaGetOptions = {}): Promise<unknown> {
  return lab.ca.getValue(lab.pv(path), options);
}

/** Bare value over PVAccess; of an enum its index. */
export async function pvaGet(lab: Lab, path: string): Promise<unknown> {
  const value = await lab.pva.getStruct(lab.pv(path));
  return value.desc.findOffset('value.index') >= 0 ? value.get('value.index') : value.get('value');
}

/** Structure over PVAccess. */
export function pvaStruct(lab: Lab, path: string): Promise<Value> {
  return lab.pva.getStruct(lab.pv(path));
}

/** Puts over each protocol and reads with the other: `[after CA put by PVA, after PVA put by CA]`. */
export async function crossOver(
  lab: Lab,
  path: string,
  byCa: PutValue,
  byPva: PvaPutValue,
): Promise<readonly [unknown, unknown]> {
  await caPut(lab, path, byCa);
  const first = await pvaGet(lab, path);
  await pvaPut(lab, path, byPva);
  return [first, await caGet(lab, path)];
}

/** What went wrong, as text. */
export async function failureOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    (value) => `no failure: ${String(value)}`,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** Follows a PV: its updates in order, and a wait for one that satisfies. */
export interface Watch {
  readonly updates: Snapshot[];
  readonly until: (what: (snapshot: Snapshot) => boolean) => Promise<Snapshot>;
}

/** Monitors a PV until the end of the test; resolves with the first update. */
export async function watch(client: CaClient | PvaClient, name: string): Promise<Watch> {
  const updates: Snapshot[] = [];
  const waiting = new Set<() => void>();
  const channel = client.channel(name);
  const stop = channel.subscribe({
    update: (snapshot: Snapshot) => {
      updates.push(snapshot);
      for (const check of waiting) check();
    },
    close: () => {},
  });
  onTestFinished(() => {
    stop();
    channel[Symbol.dispose]();
  });
  const until = (what: (snapshot: Snapshot) => boolean): Promise<Snapshot> =>
    within(
      new Promise<Snapshot>((resolve) => {
        const check = (): void => {
          const found = updates.find(what);
          if (found === undefined) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      }),
      () => `update of ${name}; came: ${updates.map(({ value }) => String(value)).join(', ')}`,
    );
  await until(() => true);
  return { updates, until };
}

/** The result of some work, which must come in time. */
export async function within<T>(work: Promise<T>, what: () => string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what()} within ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Lets the event loop go on until something is true. */
export async function eventually(isTrue: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`no ${what} within ${LIMIT_MS} ms`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Something to wait for, opened by the test. */
export interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

export function makeGate(): Gate {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
