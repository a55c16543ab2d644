import type {
  BindOptions,
  DatagramTransport,
  Endpoint,
  Listener,
  NetInterface,
  Network,
  StreamHandler,
  StreamTransport,
  TlsOptions,
  Written,
} from '../../src/net/index.ts';
import type { Clock } from '../../src/util/index.ts';

/** What is kept of one direction of a stream; later bytes are not. */
const MOST_BYTES = 8 * 1024 * 1024;
const PVA_MAGIC = 0xca;

/** The bytes of one direction, as far as they are kept. */
class Tape {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(chunk: Uint8Array): void {
    const room = MOST_BYTES - this.#length;
    if (room <= 0) return;
    // A chunk may be a Buffer, whose `slice` copies nothing.
    const kept = Uint8Array.from(chunk.subarray(0, room));
    this.#chunks.push(kept);
    this.#length += kept.length;
  }

  toBytes(): Uint8Array {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}

/** One TCP stream that was recorded. */
export class RecordedStream {
  /** The part that this side played. */
  readonly role: 'client' | 'server';
  readonly #received = new Tape();
  readonly #sent = new Tape();

  constructor(role: 'client' | 'server') {
    this.role = role;
  }

  onReceived(chunk: Uint8Array): void {
    this.#received.add(chunk);
  }
  onSent(chunk: Uint8Array): void {
    this.#sent.add(chunk);
  }

  /** Undefined for a stream on which nothing was said. */
  get protocol(): 'ca' | 'pva' | undefined {
    const said = [this.#received, this.#sent].filter((tape) => tape.length > 0).map((tape) => tape.toBytes());
    if (said.length === 0) return undefined;
    return said.some((bytes) => bytes[0] === PVA_MAGIC) ? 'pva' : 'ca';
  }

  /** What one end sent. */
  bytesFrom(from: 'client' | 'server'): Uint8Array {
    return (from === this.role ? this.#sent : this.#received).toBytes();
  }
}

/** A stream that passes everything on, and keeps a copy. */
class RecordingStream implements StreamTransport {
  readonly #stream: StreamTransport;
  readonly #record: RecordedStream;

  constructor(stream: StreamTransport, record: RecordedStream) {
    this.#stream = stream;
    this.#record = record;
  }

  get local(): Endpoint {
    return this.#stream.local;
  }
  get remote(): Endpoint {
    return this.#stream.remote;
  }
  get pendingBytes(): number {
    return this.#stream.pendingBytes;
  }
  get security(): StreamTransport['security'] {
    return this.#stream.security;
  }

  start(handler: StreamHandler): void {
    this.#stream.start({
      onOpen: () => handler.onOpen(),
      onData: (chunk) => {
        this.#record.onReceived(chunk);
        handler.onData(chunk);
      },
      onDrain: () => handler.onDrain(),
      onEnd: () => handler.onEnd(),
      onClose: (error) => handler.onClose(error),
    });
  }
  write(chunks: readonly Uint8Array[]): Written {
    for (const chunk of chunks) this.#record.onSent(chunk);
    return this.#stream.write(chunks);
  }
  pause(): void {
    this.#stream.pause();
  }
  resume(): void {
    this.#stream.resume();
  }
  setKeepsProcess(on: boolean): void {
    this.#stream.setKeepsProcess(on);
  }
  end(): void {
    this.#stream.end();
  }
  destroy(error?: Error): void {
    this.#stream.destroy(error);
  }
}

/** A network that keeps what every TCP stream carries, each direction by itself. */
export class RecordingNetwork implements Network {
  /** In the order they began. */
  readonly streams: RecordedStream[] = [];
  readonly random: () => number;
  readonly groupsOf: (user: string) => readonly string[];
  readonly #network: Network;
  readonly #names: { readonly user?: string; readonly host?: string };

  /** @param names what the network says of this machine, in place of the truth. */
  constructor(network: Network, names: { readonly user?: string; readonly host?: string } = {}) {
    this.random = network.random;
    this.groupsOf = network.groupsOf;
    this.#network = network;
    this.#names = names;
  }

  get clock(): Clock {
    return this.#network.clock;
  }
  get userName(): string {
    return this.#names.user ?? this.#network.userName;
  }
  get hostName(): string {
    return this.#names.host ?? this.#network.hostName;
  }
  interfaces(): readonly NetInterface[] {
    return this.#network.interfaces();
  }
  lookup(host: string, signal?: AbortSignal): Promise<readonly string[]> {
    return this.#network.lookup(host, signal);
  }
  connect(to: Endpoint, options: { readonly tls?: TlsOptions }): StreamTransport {
    return this.#recorded(this.#network.connect(to, options), 'client');
  }
  listen(
    at: Endpoint,
    onStream: (stream: StreamTransport) => void,
    options: { readonly tls?: TlsOptions },
  ): Promise<Listener> {
    return this.#network.listen(at, (stream) => onStream(this.#recorded(stream, 'server')), options);
  }
  bind(options: BindOptions): Promise<DatagramTransport> {
    return this.#network.bind(options);
  }

  #recorded(stream: StreamTransport, role: 'client' | 'server'): StreamTransport {
    const record = new RecordedStream(role);
    this.streams.push(record);
    return new RecordingStream(stream, record);
  }
}
