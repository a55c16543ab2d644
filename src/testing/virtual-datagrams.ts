import type { BindOptions, DatagramHandler, DatagramTransport, Endpoint } from '../net/index.ts';

/** Sends a datagram of a socket into the virtual network. */
export type SendDatagram = (socket: VirtualDatagrams, bytes: Uint8Array, to: Endpoint) => void;

/** A virtual UDP socket. */
export class VirtualDatagrams implements DatagramTransport {
  readonly local: Endpoint;
  readonly options: BindOptions;
  readonly #send: SendDatagram;
  readonly #onClose: () => void;
  #handler: DatagramHandler | undefined;
  #isClosed = false;

  constructor(local: Endpoint, options: BindOptions, send: SendDatagram, onClose: () => void) {
    this.local = local;
    this.options = options;
    this.#send = send;
    this.#onClose = onClose;
  }

  start(handler: DatagramHandler): void {
    this.#handler = handler;
  }

  send(bytes: Uint8Array, to: Endpoint): void {
    if (!this.#isClosed) this.#send(this, bytes.slice(), to);
  }

  setKeepsProcess(_on: boolean): void {
    // A virtual socket never keeps the process.
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handler = undefined;
    this.#onClose();
  }

  /** Called by the network when a datagram arrives. */
  receive(bytes: Uint8Array, from: Endpoint): void {
    this.#handler?.onDatagram(bytes, from);
  }

  /** Called by the network when an earlier send was refused. */
  fail(error: Error, to: Endpoint): void {
    this.#handler?.onError(error, to);
  }

  /** Whether a datagram to a multicast group that arrives on `interfaceAddress` reaches this socket. */
  hearsGroup(group: string, interfaceAddress: string): boolean {
    if (this.local.address !== '0.0.0.0' && this.local.address !== group) return false;
    return (this.options.groups ?? []).some(
      (entry) => entry.address === group && entry.onInterface === interfaceAddress,
    );
  }
}
