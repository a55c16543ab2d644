import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import { Server } from 'node:net';
import { afterAll, expect } from 'vitest';

/** What a test file may leave behind for so long: sockets close in later turns. */
const GRACE_MS = 1000;
const POLL_MS = 10;

const SOCKETS = ['net.client.socket', 'net.server.socket', 'udp.socket'] as const;
// The form of the lines that `util/logger.ts` prints where no sink takes them.
const ERROR_LINE = /^\S+Z ERROR (\S+) (.*)$/s;

const expected: RegExp[] = [];

/** Allows log lines of level `error` that fit, in the rest of this test file. */
export function expectErrorLog(pattern: RegExp): void {
  expected.push(pattern);
}

function isOurs(site: Error): boolean {
  return /\/src\/[a-z0-9]+\//i.test(site.stack ?? '');
}

function siteOf(site: Error): string {
  const line = (site.stack ?? '').split('\n').find((text) => /\/src\/[a-z0-9]+\//i.test(text));
  return line?.trim() ?? 'unknown place';
}

/**
 * Watches a test file: what `src` opened and left open when the file ended, and errors in the log that no test announced,
 * fail the file. Unhandled rejections do so through vitest itself.
 */
export function watchLeaks(): void {
  const open = new Map<object, { readonly what: string; readonly site: Error }>();
  const errors: string[] = [];
  const stops: (() => void)[] = [];

  const track = (emitter: EventEmitter, what: string): void => {
    open.set(emitter, { what, site: new Error('opened') });
    emitter.once('close', () => open.delete(emitter));
  };
  for (const name of SOCKETS) {
    const onSocket = (message: unknown): void => {
      const { socket } = message as { readonly socket: EventEmitter };
      track(socket, `a socket (${name})`);
    };
    subscribe(name, onSocket);
    stops.push(() => unsubscribe(name, onSocket));
  }
  stops.push(watchListeners(track), watchTimers(open), watchErrorLines(errors));

  // The set-up file's hook is the first one, so it runs after those of the test file.
  afterAll(async () => {
    for (const stop of stops.reverse()) stop();
    const end = performance.now() + GRACE_MS;
    // A listener that could not listen never closes; an accepted socket comes from the event loop, not from our code.
    const isLeft = (thing: object, what: string, site: Error): boolean =>
      thing instanceof Server ? thing.listening && isOurs(site) : what.includes('server') || isOurs(site);
    const left = (): string[] =>
      [...open]
        .filter(([thing, { what, site }]) => isLeft(thing, what, site))
        .map(([, { what, site }]) => `${what} ${siteOf(site)}`);
    while (left().length > 0 && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const file = expect.getState().testPath ?? 'this test file';
    const unexpected = errors.filter((line) => !expected.some((pattern) => pattern.test(line)));
    if (left().length > 0) throw new Error(`ARC-T-8 ${file} leaves open:\n${left().join('\n')}`);
    if (unexpected.length > 0) {
      throw new Error(`ARC-T-8 ${file} logs errors that no test expects:\n${unexpected.join('\n')}`);
    }
  });
}

function watchListeners(track: (emitter: EventEmitter, what: string) => void): () => void {
  const prototype = Server.prototype as { listen: (this: Server, ...args: unknown[]) => Server };
  const listen = prototype.listen;
  prototype.listen = function (this: Server, ...args: unknown[]): Server {
    track(this, 'a listener');
    return listen.apply(this, args);
  };
  return () => {
    prototype.listen = listen;
  };
}

/** Keeps an eye on timers that do not keep the process alive either, which no list of Node's shows. */
function watchTimers(open: Map<object, { readonly what: string; readonly site: Error }>): () => void {
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  const watched = (
    fn: (...args: unknown[]) => void,
    delayMs?: number,
    ...args: unknown[]
  ): NodeJS.Timeout => {
    const timer = real.setTimeout(() => {
      open.delete(timer);
      fn(...args);
    }, delayMs);
    open.set(timer, { what: `a timer of ${delayMs ?? 0} ms`, site: new Error('set') });
    return timer;
  };
  const cleared = (timer?: NodeJS.Timeout | string | number): void => {
    if (typeof timer === 'object') open.delete(timer);
    real.clearTimeout(timer);
  };
  // `util.promisify` finds its variant of the function among its properties.
  Object.defineProperties(watched, Object.getOwnPropertyDescriptors(real.setTimeout));
  globalThis.setTimeout = watched as typeof setTimeout;
  globalThis.clearTimeout = cleared;
  return () => {
    globalThis.setTimeout = real.setTimeout;
    // Timers that the watcher knows may still be cleared through it.
    globalThis.clearTimeout = cleared;
  };
}

function watchErrorLines(errors: string[]): () => void {
  const real = console.error;
  const watched = (...args: unknown[]): void => {
    const line = typeof args[0] === 'string' ? ERROR_LINE.exec(args[0]) : null;
    if (line !== null) errors.push(`${line[1]} ${line[2]}`);
    real.apply(console, args);
  };
  console.error = watched;
  return () => {
    if (console.error === watched) console.error = real;
  };
}
