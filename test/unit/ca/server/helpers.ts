import {
  CaCircuit,
  type CaCommand,
  CaServer,
  type CaServerSettings,
  CommandRecorder,
} from '../../../../src/ca/index.ts';
import type { Endpoint, Network, StreamTransport } from '../../../../src/net/index.ts';
import {
  type Alarm,
  coerce,
  type ElementType,
  Event,
  type EventMask,
  emptyMetadata,
  type MaybePromise,
  type Metadata,
  makeSnapshot,
  makeTimeStamp,
  noAlarm,
  type PvValue,
  Rights,
  type ScalarType,
  type ScalarWrite,
  type ServedScalarPv,
  type Severity,
  type Snapshot,
  type UpdateSink,
  type WriteContext,
} from '../../../../src/pv/index.ts';
import { ManualClock, VirtualNetwork } from '../../../../src/testing/index.ts';
import { Listeners, SendBuffer, type Stop } from '../../../../src/util/index.ts';

/** A scalar type; an array when `caCount` is given. */
export function scalarType(element: ElementType, caCount?: number, caText = false): ScalarType {
  return {
    kind: 'scalar',
    element,
    isArray: caCount !== undefined && !caText,
    caCount: caCount ?? 1,
    caText,
  };
}

/** A PV that a test plays: it answers writes as told. */
export class TestPv implements ServedScalarPv {
  readonly name: string;
  readonly type: ScalarType;
  readonly className: string;
  readonly writes: ScalarWrite[] = [];
  readonly contexts: WriteContext[] = [];
  readonly acknowledged: object[] = [];
  readonly sinks: Set<UpdateSink<Snapshot>> = new Set();
  acknowledgement: { transient: boolean; severity: Severity } = { transient: true, severity: 2 };
  state: Snapshot;
  granted: Rights = Rights.ReadWrite;
  attached = 0;
  reads = 0;
  /** Replaces what a write does. */
  onWrite: ((write: ScalarWrite) => MaybePromise<void>) | undefined;
  /** Replaces what a read answers. */
  onRead: (() => MaybePromise<Snapshot>) | undefined;
  readonly #rights = new Listeners<void>(() => {});
  readonly #closed = new Listeners<Error | undefined>(() => {});

  constructor(name: string, type: ScalarType, value: PvValue, meta: Metadata = emptyMetadata) {
    this.name = name;
    this.type = type;
    this.className = 'test';
    this.state = makeSnapshot(value, noAlarm, makeTimeStamp(631152001, 5), meta);
    this.onWrite = undefined;
    this.onRead = undefined;
  }

  rights(): Rights {
    return this.granted;
  }
  grant(rights: Rights): void {
    this.granted = rights;
    this.#rights.emit();
  }
  onRightsChange(listener: () => void): Stop {
    return this.#rights.add(listener);
  }
  attach(): Stop {
    this.attached++;
    return () => void this.attached--;
  }
  onClose(listener: (reason?: Error) => void): Stop {
    return this.#closed.add(listener);
  }
  close(): void {
    this.#closed.emit(undefined);
  }
  get listenerCount(): number {
    return this.#rights.size + this.#closed.size;
  }
  read(): MaybePromise<Snapshot> {
    this.reads++;
    return this.onRead === undefined ? this.state : this.onRead();
  }
  write(write: ScalarWrite, context: WriteContext): MaybePromise<void> {
    this.writes.push(write);
    this.contexts.push(context);
    if (this.onWrite !== undefined) return this.onWrite(write);
    this.post(coerce(write, this.type, this.state.meta));
    return undefined;
  }
  acknowledge(what: { severity: Severity } | { transient: boolean }): void {
    this.acknowledged.push(what);
  }
  monitor(sink: UpdateSink<Snapshot>): Stop {
    this.sinks.add(sink);
    sink.update(this.state, Event.All);
    return () => void this.sinks.delete(sink);
  }
  post(value: PvValue, alarm: Alarm = noAlarm, mask: EventMask = Event.Value | Event.Log): void {
    this.state = makeSnapshot(value, alarm, this.state.time, this.state.meta);
    for (const sink of this.sinks) sink.update(this.state, mask);
  }
}

/** The raw end of a circuit: what a client sends and receives, as objects. */
export class RawClient {
  readonly circuit: CaCircuit;
  readonly recorder: CommandRecorder = new CommandRecorder();
  readonly stream: StreamTransport;
  isClosed = false;
  isEnded = false;

  constructor(network: Network, to: Endpoint) {
    this.circuit = new CaCircuit('client', this.recorder, new SendBuffer());
    this.stream = network.connect(to, {});
    this.stream.start({
      onOpen: () => {},
      onData: (chunk) => this.circuit.receive(chunk),
      onDrain: () => this.circuit.out.drained(),
      onEnd: () => {
        this.isEnded = true;
        this.stream.end();
      },
      onClose: () => {
        this.isClosed = true;
      },
    });
  }

  /** Sends what `write` writes to the circuit. */
  send(write: (circuit: CaCircuit) => void): void {
    write(this.circuit);
    this.circuit.out.flush((chunks) => {
      this.stream.write(chunks.map((chunk) => chunk.slice()));
      return true;
    });
  }

  sendBytes(bytes: Uint8Array): void {
    this.stream.write([bytes]);
  }
}

/** A server on a virtual host, and clients of it. */
export class Bench {
  readonly clock: ManualClock = new ManualClock();
  readonly net: VirtualNetwork;
  readonly host: Network;
  readonly server: CaServer;

  constructor(config: CaServerSettings = {}) {
    this.net = new VirtualNetwork({ clock: this.clock });
    this.host = this.net.host('ioc', { addresses: ['10.0.0.1/24'] });
    this.server = new CaServer({ network: this.host, config });
  }

  async start(...pvs: readonly TestPv[]): Promise<this> {
    for (const pv of pvs) this.server.add(pv.name, pv);
    await this.server.start();
    return this;
  }

  /** Another host of the network. */
  peerHost(name: string, address: string): Network {
    return this.net.host(name, { addresses: [`${address}/24`] });
  }

  /** A client that has said hello, and read the greeting. */
  async client(network: Network = this.host, minor = 13): Promise<RawClient> {
    const client = new RawClient(network, { address: '10.0.0.1', port: this.server.port });
    await this.run(5);
    client.send((circuit) => {
      if (minor === 13) circuit.version();
      else {
        circuit.out.raw(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, minor, 0, 0, 0, 0, 0, 0, 0, 0));
      }
    });
    await this.run(5);
    client.recorder.take();
    return client;
  }

  async run(ms = 5): Promise<void> {
    await this.clock.advanceAsync(ms);
  }

  /** Closes the server; virtual time goes on meanwhile. */
  async close(): Promise<void> {
    const closing = this.server.close();
    await this.run(1000);
    await closing;
  }

  /** What comes back for what `write` writes. */
  async ask(client: RawClient, write: (circuit: CaCircuit) => void, ms = 5): Promise<CaCommand[]> {
    client.send(write);
    await this.run(ms);
    return client.recorder.take();
  }

  /** Creates a channel and returns its server id. */
  async open(client: RawClient, cid: number, name: string): Promise<number> {
    const replies = await this.ask(client, (circuit) => circuit.createChannel(cid, name));
    const created = replies.find((reply) => reply.type === 'createChannel');
    if (created?.type !== 'createChannel') throw new Error(`no channel: ${JSON.stringify(replies)}`);
    return created.sid;
  }
}
