import { createSocket, type Socket } from 'node:dgram';
import { isMulticast, toError } from '../util/index.ts';
import type { BindOptions, DatagramHandler, DatagramTransport, Endpoint } from './transport.ts';

/** Told of every datagram, for the counters per destination. */
export type CountDatagram = (to: Endpoint, bytes: number) => void;

/** A UDP socket of Node as a datagram transport. */
class SocketDatagrams implements DatagramTransport {
  readonly local: Endpoint;
  readonly #socket: Socket;
  readonly #count: CountDatagram;
  #handler: DatagramHandler | undefined;
  #isClosed = false;

  constructor(socket: Socket, local: Endpoint, count: CountDatagram) {
    this.local = local;
    this.#socket = socket;
    this.#count = count;
    socket.on('message', (bytes, from) =>
      this.#handler?.onDatagram(bytes, { address: from.address, port: from.port }),
    );
    socket.on('error', (error) => this.#handler?.onError(error));
  }

  start(handler: DatagramHandler): void {
    this.#handler = handler;
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    if (this.#isClosed) return;
    this.#count(to, bytes.length);
    // Node keeps the bytes until the send is done, so a buffer that will be reused is copied.
    const copy = Uint8Array.prototype.slice.call(bytes) as Uint8Array;
    try {
      this.#socket.send(copy, to.port, to.address, (error) => {
        if (error !== null && !this.#isClosed) this.#handler?.onError(error, to);
      });
    } catch (error) {
      this.#handler?.onError(toError(error), to);
    }
  }

  setKeepsProcess(on: boolean): void {
    if (on) this.#socket.ref();
    else this.#socket.unref();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handler = undefined;
    this.#socket.close();
  }
}

/** Binds a UDP socket; rejects with the system error. */
export function bindDatagrams(options: BindOptions, count: CountDatagram): Promise<DatagramTransport> {
  return new Promise((resolve, reject) => {
    const type = options.address.includes(':') ? 'udp6' : 'udp4';
    const socket = createSocket({ type, reuseAddr: options.isShared === true });
    const fail = (error: unknown): void => {
      socket.close();
      reject(toError(error));
    };
    socket.once('error', fail);
    socket.bind({ address: options.address, port: options.port, exclusive: true }, () => {
      try {
        if (options.canBroadcast === true) socket.setBroadcast(true);
        if (options.ttl !== undefined) socket.setMulticastTTL(options.ttl);
        for (const group of options.groups ?? []) {
          if (!isMulticast(group.address)) throw new Error(`${group.address} is not a multicast address`);
          socket.addMembership(group.address, group.onInterface);
        }
        if (type === 'udp4' && options.address.startsWith('127.'))
          socket.setMulticastInterface(options.address);
        socket.setMulticastLoopback(true);
      } catch (error) {
        socket.off('error', fail);
        fail(error);
        return;
      }
      socket.off('error', fail);
      resolve(new SocketDatagrams(socket, { address: options.address, port: socket.address().port }, count));
    });
  });
}
