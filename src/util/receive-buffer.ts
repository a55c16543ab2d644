/**
 * Tells the whole length of the message that starts at `start`, in bytes with its header, from `available` bytes;
 * 0 when they do not suffice to tell. Throws `ProtocolError` for a header that cannot be, or a length over the limit.
 */
export type MessageLength = (bytes: Uint8Array, start: number, available: number) => number;

/**
 * Receives one whole message, `bytes[start..end)`, valid until it returns. `isOwned`: the bytes belong to this message
 * alone and stay unchanged, so decoded arrays may be views of them. Answers false to stop.
 */
export type DeliverMessage = (bytes: Uint8Array, start: number, end: number, isOwned: boolean) => boolean;

/** A longer message is not believed before so many of its bytes are there. */
const FIRST_BYTES = 8 * 1024 * 1024;

/**
 * Joins the chunks of a byte stream into whole messages. A message inside one chunk is delivered where it lies; one
 * that spans chunks is allocated once, at its exact size, up to 8 MiB, and grows with what arrives beyond that.
 */
export class ReceiveBuffer {
  readonly #messageLength: MessageLength;
  readonly #header: Uint8Array;
  /** Unused bytes in front of a message that spans chunks, 0..7. */
  #lead = 0;
  #headerFill = 0;
  #message: Uint8Array | undefined;
  /** Of the whole message, of which less may be allocated. */
  #length = 0;
  #messageFill = 0;

  /** @param maxHeaderBytes bytes after which `messageLength` always knows. */
  constructor(maxHeaderBytes: number, messageLength: MessageLength) {
    this.#header = new Uint8Array(maxHeaderBytes);
    this.#messageLength = messageLength;
  }

  /** Bytes kept of an unfinished message. */
  get pendingBytes(): number {
    return this.#message === undefined ? this.#headerFill : this.#messageFill;
  }

  /**
   * Moves later messages that span chunks, so that an array which lay `misalignment` bytes (0..7) behind a multiple
   * of 8 lies on one the next time: messages of one PV are alike.
   */
  realign(misalignment: number): void {
    this.#lead = (this.#lead + 8 - misalignment) % 8;
  }

  /** Takes a chunk and delivers every message that it completes. Returns false when `deliver` stopped it. */
  push(chunk: Uint8Array, deliver: DeliverMessage): boolean {
    let at = 0;
    const end = chunk.length;
    while (at < end) {
      if (this.#message !== undefined) {
        const count = Math.min(this.#length - this.#messageFill, end - at);
        const message = this.#room(this.#message, this.#messageFill + count);
        message.set(chunk.subarray(at, at + count), this.#messageFill);
        this.#messageFill += count;
        at += count;
        if (this.#messageFill < this.#length) return true;
        this.#message = undefined;
        if (!deliver(message, 0, message.length, true)) return false;
        continue;
      }
      if (this.#headerFill > 0) {
        this.#header[this.#headerFill++] = chunk[at++] as number;
        const length = this.#messageLength(this.#header, 0, this.#headerFill);
        if (length > 0) {
          const fill = this.#headerFill;
          this.#headerFill = 0;
          const message = new Uint8Array(Math.min(length, FIRST_BYTES));
          message.set(this.#header.subarray(0, fill));
          if (fill === length) {
            if (!deliver(message, 0, length, true)) return false;
          } else {
            this.#message = message;
            this.#length = length;
            this.#messageFill = fill;
          }
        }
        continue;
      }
      const available = end - at;
      const length = this.#messageLength(chunk, at, available);
      if (length > 0 && length <= available) {
        const start = at;
        at += length;
        if (!deliver(chunk, start, at, false)) return false;
      } else if (length > 0) {
        const first = Math.max(available, Math.min(length, FIRST_BYTES));
        this.#message = new Uint8Array(new ArrayBuffer(this.#lead + first), this.#lead);
        this.#message.set(chunk.subarray(at));
        this.#length = length;
        this.#messageFill = available;
        return true;
      } else {
        this.#header.set(chunk.subarray(at));
        this.#headerFill = available;
        return true;
      }
    }
    return true;
  }

  /** The array of the message, larger when it has no room for `fill` bytes. */
  #room(message: Uint8Array, fill: number): Uint8Array {
    if (fill <= message.length) return message;
    const size = Math.min(this.#length, Math.max(fill, message.length * 2));
    const larger = new Uint8Array(new ArrayBuffer(message.byteOffset + size), message.byteOffset);
    larger.set(message.subarray(0, this.#messageFill));
    this.#message = larger;
    return larger;
  }
}
