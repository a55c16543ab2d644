import type { Clock } from '../util/index.ts';

export interface Endpoint {
  /** Numeric IPv4 or IPv6 address. */
  readonly address: string;
  readonly port: number;
}

export interface NetInterface {
  readonly name: string;
  readonly address: string;
  readonly netmask: string;
  readonly broadcast: string | undefined;
  readonly isLoopback: boolean;
}

/** PEM texts, not file names. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly needsPeerCert?: boolean;
}

/** What `write` answers. `Held`: the chunks are still in use and must stay unchanged until `onDrain`. */
export const Written = { Done: 0, Held: 1 } as const;
export type Written = (typeof Written)[keyof typeof Written];

export interface StreamHandler {
  onOpen(): void;
  /** `chunk` is valid until this returns. */
  onData(chunk: Uint8Array): void;
  /** Everything that was written has left this process. */
  onDrain(): void;
  /** The peer will send no more. */
  onEnd(): void;
  /** Last call; with an error when the stream failed. */
  onClose(error?: Error): void;
}

export interface StreamTransport {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Bytes written and not yet taken by the operating system. */
  readonly pendingBytes: number;
  /** Set on TLS streams. */
  readonly security: { readonly subject: string; readonly authority: string } | undefined;
  /** Begins to deliver events; to be called once. */
  start(handler: StreamHandler): void;
  /** Writes all chunks as one operation. */
  write(chunks: readonly Uint8Array[]): Written;
  pause(): void;
  resume(): void;
  /** Whether this stream alone keeps the process running. */
  setKeepsProcess(on: boolean): void;
  /** Closes after everything written has been sent. */
  end(): void;
  /** Closes at once. */
  destroy(error?: Error): void;
}

export interface DatagramHandler {
  /** `bytes` are valid until this returns. */
  onDatagram(bytes: Uint8Array, from: Endpoint): void;
  /** A send failed (`to` when known), or the socket did. */
  onError(error: Error, to?: Endpoint): void;
}

export interface DatagramTransport {
  readonly local: Endpoint;
  start(handler: DatagramHandler): void;
  /** Sends one datagram; `bytes` may be reused on return. Failures arrive at `onError`. */
  send(bytes: Uint8Array, to: Endpoint): void;
  setKeepsProcess(on: boolean): void;
  close(): void;
}

export interface Listener {
  readonly local: Endpoint;
  close(): Promise<void>;
}

export interface BindOptions {
  readonly address: string;
  /** 0: a free one. */
  readonly port: number;
  /** Several sockets may bind the same port. */
  readonly isShared?: boolean;
  readonly canBroadcast?: boolean;
  /** Of multicast datagrams. */
  readonly ttl?: number;
  /** Multicast groups to join. */
  readonly groups?: readonly { readonly address: string; readonly onInterface: string }[];
}

/** The only way to sockets, names, randomness and the user of the machine. */
export interface Network {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly userName: string;
  readonly hostName: string;
  readonly groupsOf: (user: string) => readonly string[];
  interfaces(): readonly NetInterface[];
  /** Addresses of a host name, in the resolver's order. */
  lookup(host: string, signal?: AbortSignal): Promise<readonly string[]>;
  connect(to: Endpoint, options: { readonly tls?: TlsOptions }): StreamTransport;
  /** Rejects with the system error (`EADDRINUSE` ...) when it cannot listen. */
  listen(
    at: Endpoint,
    onStream: (stream: StreamTransport) => void,
    options: { readonly tls?: TlsOptions },
  ): Promise<Listener>;
  bind(options: BindOptions): Promise<DatagramTransport>;
}
