import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { CaCircuit, CaClient, CommandRecorder } from '../../src/ca/index.ts';
import { SoftIoc } from '../../src/ioc/index.ts';
import { SharedPv, type Snapshot, StaticSource } from '../../src/pv/index.ts';
import { PvaClient } from '../../src/pva/index.ts';
import { addLogSink, type LogRecord, SendBuffer, type Stop } from '../../src/util/index.ts';
import { RecordingServer } from '../unit/pva/core/peers.ts';
import { datagrams, Mutator, type Protocol, seedsOf } from './mutate.ts';

const HOST = '127.0.0.1';
/** How long a violation may stay unpunished, ms. */
const DROP_MS = 1000;
/** How long an attacker waits before it goes by itself, when the server has no reason to drop it, ms. */
const PATIENCE_MS = 3;
const AT_ONCE = 25;
/** The bytes of a PVA search that say where to answer. */
const REPLY_ADDRESS = [16, 32] as const;
const LOOPBACK_V6 = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1];

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Tells whether bytes break the rules of the protocol, by a core that has nothing behind it. */
function isViolation(protocol: Protocol, bytes: Uint8Array): boolean {
  if (protocol === 'pva') {
    const server = new RecordingServer();
    server.feed(bytes);
    return !server.connection.isAlive;
  }
  const circuit = new CaCircuit('server', new CommandRecorder(), new SendBuffer());
  circuit.receive(bytes);
  return circuit.state === 'closed';
}

/** What a good client has seen of the counter. */
class Watcher {
  readonly seen: number[] = [];
  readonly ended: Promise<void>;
  readonly #waiting = new Set<() => void>();

  constructor(updates: AsyncIterable<Snapshot>) {
    // It ends when the client is closed; ended before, the next update never comes.
    this.ended = this.#watch(updates).catch(() => undefined);
  }

  async #watch(updates: AsyncIterable<Snapshot>): Promise<void> {
    for await (const { value } of updates) {
      this.seen.push(Number(value));
      for (const wake of this.#waiting) wake();
    }
  }

  /** Waits until `value` was seen. */
  async until(value: number, withinMs: number): Promise<void> {
    const end = performance.now() + withinMs;
    while (this.seen.at(-1) !== value) {
      const left = end - performance.now();
      if (left <= 0) throw new Error(`update ${value} did not come within ${withinMs} ms`);
      let wake: () => void = () => undefined;
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const timer = setTimeout(wake, left);
      this.#waiting.add(wake);
      await woken;
      this.#waiting.delete(wake);
      clearTimeout(timer);
    }
  }
}

/** An IOC on 127.0.0.1 with a well-behaved client of each protocol, and all that others throw at it. */
export class Battlefield {
  readonly ioc: SoftIoc;
  readonly ca: CaClient;
  readonly pva: PvaClient;
  /** Errors that the servers blame on themselves. */
  readonly errors: LogRecord[] = [];
  /** Violations that were not punished in time. */
  readonly spared: string[] = [];
  /** Connections that the servers dropped. */
  dropped = 0;
  /** Longest time from a post to the last good client, ms. */
  slowestMs = 0;
  readonly #counter: SharedPv;
  readonly #watchers: Watcher[] = [];
  readonly #stopLog: Stop;
  #posted = 0;

  private constructor(ioc: SoftIoc, counter: SharedPv) {
    this.#stopLog = addLogSink((record) => {
      if (record.level === 'error') this.errors.push(record);
    });
    if (ioc.ca === undefined || ioc.pva === undefined) throw new Error('the IOC lacks a server');
    this.ioc = ioc;
    this.#counter = counter;
    this.ca = new CaClient(ioc.ca.clientConfig());
    this.pva = new PvaClient(ioc.pva.clientConfig(), { env: {} });
  }

  static async open(): Promise<Battlefield> {
    const ioc = SoftIoc.isolated();
    const { database } = ioc;
    // The names of the recorded sessions, so that mutated ones get far.
    database.addRecord('ao', 'GV:AO', { VAL: 1.5, PREC: 2, EGU: 'mm' });
    database.addRecord('mbbo', 'GV:MBBO', { ZRST: 'Red', ONST: 'Green', TWST: 'Blue' });
    database.addRecord('stringout', 'GV:SO', { VAL: 'hello' });
    database.addRecord('longout', 'GV:LO', { VAL: -7 });
    database.addRecord('waveform', 'GV:WF', { FTVL: 'LONG', NELM: 8 });
    database.addRecord('ao', 'GOOD:SP', { VAL: 0 });
    const counter = SharedPv.readonly({ element: 'int32', value: 0 });
    const source = new StaticSource('battlefield');
    source.add('GOOD:COUNT', counter);
    source.add('GV:add', new SharedPv({ call: (_pv, args) => args }));
    ioc.addSource(source);
    await ioc.start();
    const field = new Battlefield(ioc, counter);
    field.#watchers.push(
      new Watcher(field.ca.monitor('GOOD:COUNT', { queueSize: 100 })),
      new Watcher(field.pva.monitor('GOOD:COUNT', { queueSize: 100 })),
    );
    await field.checkGood();
    return field;
  }

  /** Connections of both servers. */
  get connections(): number {
    return (this.ioc.ca?.stats().connections ?? 0) + (this.ioc.pva?.stats().connections ?? 0);
  }

  /** What both good clients have seen, which is every post. */
  get seen(): readonly (readonly number[])[] {
    return this.#watchers.map((watcher) => watcher.seen);
  }
  get posted(): number {
    return this.#posted;
  }

  /** A post reaches both good clients, and their puts and gets work. */
  async checkGood(): Promise<void> {
    const start = performance.now();
    const value = ++this.#posted;
    // The monitors begin with what is there.
    if (value === 1) await Promise.all(this.#watchers.map((watcher) => watcher.until(0, 5000)));
    this.#counter.post(value);
    await Promise.all(this.#watchers.map((watcher) => watcher.until(value, 5000)));
    const [writer, reader] = value % 2 === 0 ? [this.ca, this.pva] : [this.pva, this.ca];
    await writer.channel('GOOD:SP').put(value, { wait: true });
    const read = await reader.channel('GOOD:SP').get();
    if (read.value !== value) throw new Error(`GOOD:SP is ${String(read.value)}, not ${value}`);
    if (value > 1) this.slowestMs = Math.max(this.slowestMs, performance.now() - start);
  }

  /** Sends each byte string over a connection of its own, some at a time, while the good clients work. */
  async attackTcp(protocol: Protocol, strings: readonly Uint8Array[]): Promise<void> {
    const { caTcp, pvaTcp } = this.ioc.ports;
    const port = protocol === 'ca' ? caTcp : pvaTcp;
    for (let at = 0; at < strings.length; at += AT_ONCE) {
      const wave = strings.slice(at, at + AT_ONCE);
      await Promise.all([...wave.map((bytes) => this.#attack(protocol, port, bytes)), this.checkGood()]);
    }
  }

  /** Sends each byte string as datagram to both UDP ports. */
  async attackUdp(strings: readonly Uint8Array[]): Promise<void> {
    const { caUdp, pvaUdp } = this.ioc.ports;
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, HOST, resolve));
    for (let at = 0; at < strings.length; at += AT_ONCE) {
      const wave = strings
        .slice(at, at + AT_ONCE)
        .flatMap((bytes) =>
          [caUdp, pvaUdp].map(
            (port) => new Promise<void>((resolve) => socket.send(bytes, port, HOST, () => resolve())),
          ),
        );
      await Promise.all([...wave, this.checkGood()]);
    }
    await new Promise<void>((resolve) => socket.close(resolve));
  }

  /** Waits until only the good connections are left. */
  async settle(): Promise<void> {
    for (let tries = 0; this.connections > 2 && tries < 200; tries++) await after(10);
  }

  async close(): Promise<void> {
    await Promise.all([this.ca.close(), this.pva.close()]);
    await Promise.all(this.#watchers.map((watcher) => watcher.ended));
    await this.ioc.close();
    this.#stopLog();
  }

  async #attack(protocol: Protocol, port: number, bytes: Uint8Array): Promise<void> {
    const mustDrop = isViolation(protocol, bytes);
    const socket = connect(port, HOST);
    let isDropped = false;
    const closed = new Promise<void>((resolve) => {
      socket.on('close', () => {
        isDropped = true;
        resolve();
      });
    });
    socket.on('error', () => undefined);
    socket.resume();
    await new Promise<void>((resolve) => {
      socket.write(bytes, () => resolve());
      // A server that drops the connection while it is written to never takes the rest.
      void closed.then(resolve);
    });
    const giveUp = setTimeout(() => socket.destroy(), mustDrop ? DROP_MS : PATIENCE_MS);
    if (mustDrop) {
      await Promise.race([closed, after(DROP_MS)]);
      if (!isDropped) this.spared.push(`${protocol} ${Buffer.from(bytes.subarray(0, 64)).toString('hex')}`);
    }
    await Promise.race([closed, after(DROP_MS)]);
    clearTimeout(giveUp);
    if (mustDrop && isDropped) this.dropped++;
    socket.destroy();
  }
}

/** Byte strings without any sense. */
export function randomStrings(count: number, seed: number, most = 600): Uint8Array[] {
  const mutator = new Mutator(seed);
  return Array.from({ length: count }, () => mutator.noise(mutator.below(20) === 0 ? most * 10 : most));
}

/** Sessions of clients with faults in them. */
export function mutatedSessions(protocol: Protocol, count: number, seed: number): Uint8Array[] {
  const kind = seedsOf(protocol, 'client');
  return Array.from({ length: count }, (_, i) => new Mutator(seed + i).session(kind));
}

/** Datagrams of both protocols with faults in them; those that say where to answer say this machine. */
export function mutatedDatagrams(count: number, seed: number): Uint8Array[] {
  const messages = seedsOf('pva', 'client').flatMap((session) => session.messages);
  return Array.from({ length: count }, (_, i) => {
    const mutator = new Mutator(seed + i);
    const bytes = mutator.bytes(mutator.pick(i % 2 === 0 ? datagrams : messages)).slice(0, 1400);
    if (bytes[0] === 0xca && bytes.length >= REPLY_ADDRESS[1]) bytes.set(LOOPBACK_V6, REPLY_ADDRESS[0]);
    return bytes;
  });
}
