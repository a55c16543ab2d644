import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import {
  type Endpoint,
  type Listener,
  type StreamHandler,
  type StreamTransport,
  type TlsOptions,
  Written,
} from './transport.ts';

const KEEPALIVE_MS = 15_000;
/** What a connection reads at most at a time, in bytes: as much as Node does. */
const READ_BYTES = 64 * 1024;

type Security = StreamTransport['security'];

function endpoint(address: string | undefined, port: number | undefined): Endpoint {
  // A dual-stack listener reports IPv4 peers as ::ffff:a.b.c.d.
  return { address: (address ?? '').replace(/^::ffff:(?=\d+\.)/, ''), port: port ?? 0 };
}

/** A certificate may carry several common names. */
function firstName(names: string | string[] | undefined): string {
  return (typeof names === 'string' ? names : names?.[0]) ?? '';
}

function securityOf(socket: Socket): Security {
  const tls = socket as Partial<TLSSocket>;
  if (typeof tls.getPeerCertificate !== 'function') return undefined;
  const certificate = tls.getPeerCertificate();
  return { subject: firstName(certificate?.subject?.CN), authority: firstName(certificate?.issuer?.CN) };
}

/** A TCP or TLS socket of Node as a stream transport. */
class SocketStream implements StreamTransport {
  readonly #socket: Socket;
  readonly #isTls: boolean;
  readonly #target: Endpoint | undefined;
  readonly #onSent: () => void;
  /** Chunks arrive by `take` instead of as events. */
  readonly #isDirect: boolean;
  #handler: StreamHandler | undefined;
  #security: Security;
  #isHeld = false;
  #error: Error | undefined;

  constructor(socket: Socket, isTls: boolean, target: Endpoint | undefined, isDirect = false) {
    this.#socket = socket;
    this.#isDirect = isDirect;
    this.#isTls = isTls;
    this.#target = target;
    this.#security = undefined;
    // Node's own "drain" comes only after its high-water mark was passed, ours after every held write.
    this.#onSent = () => {
      if (!this.#isHeld || socket.writableLength > 0) return;
      this.#isHeld = false;
      this.#handler?.onDrain();
    };
    // Before `start` there is no one to tell; the error is kept for it.
    socket.on('error', (error) => {
      this.#error = error;
    });
  }

  get local(): Endpoint {
    return endpoint(this.#socket.localAddress, this.#socket.localPort);
  }
  get remote(): Endpoint {
    return this.#target ?? endpoint(this.#socket.remoteAddress, this.#socket.remotePort);
  }
  get pendingBytes(): number {
    return this.#socket.writableLength;
  }
  get security(): Security {
    return this.#security;
  }

  start(handler: StreamHandler): void {
    const socket = this.#socket;
    this.#handler = handler;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEPALIVE_MS);
    const onOpen = (): void => {
      if (this.#isTls) this.#security = securityOf(socket);
      handler.onOpen();
    };
    if (this.#isDirect) socket.resume();
    else socket.on('data', (chunk) => handler.onData(chunk as Uint8Array));
    socket.on('end', () => handler.onEnd());
    socket.on('close', () => handler.onClose(this.#error));
    if (socket.destroyed) queueMicrotask(() => handler.onClose(this.#error));
    else if (socket.connecting) socket.once(this.#isTls ? 'secureConnect' : 'connect', onOpen);
    else onOpen();
  }

  /** Delivers bytes that were read; they are overwritten by the next read. */
  take(chunk: Uint8Array): void {
    this.#handler?.onData(chunk);
  }

  write(chunks: readonly Uint8Array[]): Written {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded || chunks.length === 0) return Written.Done;
    const last = chunks.length - 1;
    if (last > 0) socket.cork();
    for (let i = 0; i < last; i++) socket.write(chunks[i] as Uint8Array);
    socket.write(chunks[last] as Uint8Array, this.#onSent);
    if (last > 0) socket.uncork();
    if (socket.writableLength === 0 && !this.#isTls) return Written.Done;
    this.#isHeld = true;
    return Written.Held;
  }

  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.#socket.resume();
  }
  setKeepsProcess(on: boolean): void {
    if (on) this.#socket.ref();
    else this.#socket.unref();
  }
  end(): void {
    this.#socket.end();
  }
  destroy(error?: Error): void {
    if (error !== undefined) this.#error = error;
    this.#socket.destroy();
  }
}

/** Opens a TCP connection, TLS when `tls` is given. Never throws: failures arrive at `onClose`. */
export function connectStream(to: Endpoint, tls: TlsOptions | undefined): StreamTransport {
  if (tls === undefined) {
    // One buffer for all reads of the connection: with a new one for each, big arrays keep the garbage collector busy.
    const onread = {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (count: number, buffer: Uint8Array): boolean => {
        stream.take(buffer.subarray(0, count));
        return true;
      },
    };
    const plain = connectSocket({ host: to.address, port: to.port, onread });
    // Until `start` there is nobody to take what is read.
    plain.pause();
    const stream = new SocketStream(plain, false, to, true);
    return stream;
  }
  const socket = connectTls({
    host: to.address,
    port: to.port,
    ...tls,
    rejectUnauthorized: tls.ca !== undefined,
  });
  return new SocketStream(socket, true, to);
}

/** Listens for TCP or TLS connections; rejects with the system error. */
export function listenStreams(
  at: Endpoint,
  onStream: (stream: StreamTransport) => void,
  tls: TlsOptions | undefined,
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const onSocket = (socket: Socket): void =>
      onStream(new SocketStream(socket, tls !== undefined, undefined));
    const server: Server =
      tls === undefined
        ? createServer({ allowHalfOpen: false }, onSocket)
        : createTlsServer(
            { ...tls, requestCert: tls.needsPeerCert === true, rejectUnauthorized: tls.ca !== undefined },
            onSocket,
          );
    server.once('error', reject);
    server.listen({ host: at.address, port: at.port, exclusive: true }, () => {
      server.off('error', reject);
      // A failing accept concerns one connection attempt, not the listener.
      server.on('error', () => undefined);
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : at.port;
      resolve({
        local: { address: at.address, port },
        close: () =>
          new Promise<void>((done) => {
            server.close(() => done());
          }),
      });
    });
  });
}
