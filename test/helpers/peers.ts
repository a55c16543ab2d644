import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Python modules that stand for each peer. */
const moduleOf = {
  p4p: 'p4p',
  softioc: 'softioc',
  pyepics: 'epics',
  caproto: 'caproto',
  pvapy: 'pvaccess',
} as const;
export type PeerName = keyof typeof moduleOf;

/** The interpreter with the peers: EPICS_TS_PEERS, else what scripts/peers.mjs made. */
export function peerPython(): string | undefined {
  const named = process.env['EPICS_TS_PEERS'];
  if (named !== undefined && named !== '') return named;
  const made = `${root}.peers/venv/bin/python`;
  return existsSync(made) ? made : undefined;
}

const available = new Map<PeerName, string | undefined>();

/** Why a peer cannot be used here; undefined when it can. */
export function whyMissing(peer: PeerName): string | undefined {
  if (!available.has(peer)) {
    const python = peerPython();
    let why: string | undefined;
    if (python === undefined) why = 'no peers installed: run node scripts/peers.mjs';
    else if (spawnSync(python, ['-c', `import ${moduleOf[peer]}`]).status !== 0)
      why = `no Python module ${moduleOf[peer]}`;
    available.set(peer, why);
  }
  return available.get(peer);
}

/**
 * Tells whether tests that need `peers` are to be skipped, and says so loudly.
 *
 * @throws {Error} when EPICS_TS_REQUIRE_PEERS names one that is missing.
 */
export function isMissing(...peers: readonly PeerName[]): boolean {
  const required = (process.env['EPICS_TS_REQUIRE_PEERS'] ?? '').split(',');
  const missing = peers.filter((peer) => whyMissing(peer) !== undefined);
  for (const peer of missing) {
    const text = `peer ${peer}: ${whyMissing(peer)}`;
    if (required.includes(peer)) throw new Error(`${text}, but EPICS_TS_REQUIRE_PEERS demands it`);
    console.warn(`SKIPPED, ${text}`);
  }
  return missing.length > 0;
}

/** Environment that keeps a peer on the loopback interface, at the given ports. */
export function loopbackEnv(ports: {
  readonly ca?: number;
  readonly pva?: number;
  readonly pvaUdp?: number;
}): Record<string, string> {
  const ca = String(ports.ca ?? 1);
  return {
    EPICS_CA_ADDR_LIST: '127.0.0.1',
    EPICS_CA_AUTO_ADDR_LIST: 'NO',
    EPICS_CA_SERVER_PORT: ca,
    EPICS_CA_REPEATER_PORT: String(ports.ca === undefined ? 1 : ports.ca + 1),
    EPICS_CA_MAX_ARRAY_BYTES: '100000000',
    EPICS_CAS_INTF_ADDR_LIST: '127.0.0.1',
    EPICS_CAS_SERVER_PORT: ca,
    EPICS_CAS_BEACON_ADDR_LIST: '127.0.0.1',
    EPICS_CAS_AUTO_BEACON_ADDR_LIST: 'NO',
    EPICS_PVA_ADDR_LIST: '127.0.0.1',
    EPICS_PVA_AUTO_ADDR_LIST: 'NO',
    EPICS_PVA_BROADCAST_PORT: String(ports.pvaUdp ?? 1),
    EPICS_PVA_SERVER_PORT: String(ports.pva ?? 1),
    EPICS_PVAS_INTF_ADDR_LIST: '127.0.0.1',
    EPICS_PVAS_SERVER_PORT: String(ports.pva ?? 1),
    EPICS_PVAS_BROADCAST_PORT: String(ports.pvaUdp ?? 1),
    EPICS_PVAS_BEACON_ADDR_LIST: '127.0.0.1',
    EPICS_PVAS_AUTO_BEACON_ADDR_LIST: 'NO',
  };
}

/** An answer of a peer that says no. */
export class PeerError extends Error {
  readonly kind: string;
  constructor(message: string, kind: string) {
    super(message);
    this.kind = kind;
  }
}

export interface PeerEvent {
  readonly event: string;
  readonly key?: string;
  readonly [name: string]: unknown;
}

type Reply = { readonly id: number; readonly ok?: unknown; readonly error?: string; readonly kind?: string };

/** A Python peer driven by JSON lines; see test/interop/peers/wire.py. */
export class PeerProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  readonly #listeners = new Set<(event: PeerEvent) => void>();
  readonly events: PeerEvent[] = [];
  #nextId = 1;
  #stderr = '';
  #exit: Promise<void>;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4000);
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#onLine(line));
    this.#exit = new Promise((resolve) => {
      child.on('close', () => {
        for (const { reject } of this.#waiting.values()) reject(new Error(`peer ended: ${this.#stderr}`));
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Starts test/interop/peers/<script>.py and waits until it is ready. */
  static async start(
    script: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<PeerProcess> {
    const python = peerPython();
    if (python === undefined) throw new Error('no peers installed');
    const child = spawn(python, ['-u', `${root}test/interop/peers/${script}.py`, ...args], {
      env: { ...process.env, ...env },
      stdio: 'pipe',
    });
    const peer = new PeerProcess(child);
    await Promise.race([
      peer.waitFor((event) => event.event === 'ready', 60_000),
      peer.#exit.then(() => Promise.reject(new Error(`peer ${script} ended at once: ${peer.#stderr}`))),
    ]);
    return peer;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Sends a request and gives its answer. @throws {PeerError} when the peer says no. */
  request<T = unknown>(op: string, fields: Readonly<Record<string, unknown>> = {}): Promise<T> {
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#child.stdin.write(`${JSON.stringify({ id, op, ...fields })}\n`);
    });
  }

  /** The first event, past or future, for which `isIt` answers true. */
  waitFor(isIt: (event: PeerEvent) => boolean, timeoutMs = 10_000): Promise<PeerEvent> {
    const past = this.events.find(isIt);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#listeners.delete(listener);
        reject(
          new Error(`no such event within ${timeoutMs} ms; last: ${JSON.stringify(this.events.slice(-3))}`),
        );
      }, timeoutMs);
      const listener = (event: PeerEvent): void => {
        if (!isIt(event)) return;
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve(event);
      };
      this.#listeners.add(listener);
    });
  }

  /** Ends the process, at once with `kill`. */
  async close(kill = false): Promise<void> {
    if (kill) this.#child.kill('SIGKILL');
    else this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 3000);
    await this.#exit;
    clearTimeout(timer);
  }

  #onLine(line: string): void {
    if (!line.startsWith('{')) return;
    const message = JSON.parse(line) as Reply | PeerEvent;
    if ('event' in message) {
      this.events.push(message);
      for (const listener of [...this.#listeners]) listener(message);
      return;
    }
    const reply = message as Reply;
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.error === undefined) waiting?.resolve(reply.ok);
    else waiting?.reject(new PeerError(reply.error, reply.kind ?? ''));
  }
}
