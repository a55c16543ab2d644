import { EXTENDED_HEADER_BYTES } from './constants.ts';
import { type MessageHeader, makeHeader, readHeader } from './header.ts';

/** What to do with a message whose header has arrived. */
export const FrameAction = { Deliver: 0, Skip: 1, Stop: 2 } as const;
export type FrameAction = (typeof FrameAction)[keyof typeof FrameAction];

/** Receives the messages that a `Framer` finds. */
export interface FrameSink {
  /** Decides by the header alone, before any byte of the payload is kept. */
  onHeader(header: MessageHeader): FrameAction;
  /**
   * Takes a whole message with its payload `bytes[start..end)`, valid until this returns.
   *
   * @param isOwned the payload belongs to this message alone and stays unchanged.
   * @returns false to stop after this message.
   */
  onMessage(header: MessageHeader, bytes: Uint8Array, start: number, end: number, isOwned: boolean): boolean;
}

// First allocation for a payload that spans chunks: what a header claims is believed only as its bytes arrive.
// A megabyte of doubles fits, so that it is neither moved nor allocated twice.
const FIRST_BYTES = 2 * 1024 * 1024;
const EMPTY = new Uint8Array(0);

/**
 * Splits a byte stream into messages. A message inside one chunk is delivered where it lies; the payload of one that
 * spans chunks is collected in an array of its own, so that it is aligned.
 */
export class Framer {
  /** Header of the message that the sink is being told about. */
  readonly header: MessageHeader = makeHeader();
  readonly #sink: FrameSink;
  readonly #headerBytes: Uint8Array = new Uint8Array(EXTENDED_HEADER_BYTES);
  readonly #headerView: DataView = new DataView(this.#headerBytes.buffer);
  #headerFill = 0;
  #payload: Uint8Array | undefined = undefined;
  #payloadFill = 0;
  #skip = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Bytes kept of an unfinished message. */
  get pendingBytes(): number {
    return this.#headerFill + this.#payloadFill;
  }

  /**
   * Takes a chunk and delivers every message that it completes, until the sink stops it.
   *
   * @returns bytes of the chunk that were taken; the rest may be pushed later.
   */
  push(chunk: Uint8Array): number {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const end = chunk.length;
    let at = 0;
    while (at < end) {
      if (this.#skip > 0) {
        const count = Math.min(this.#skip, end - at);
        this.#skip -= count;
        at += count;
      } else if (this.#payload !== undefined) {
        const count = Math.min(this.header.payloadBytes - this.#payloadFill, end - at);
        this.#keep(chunk, at, count);
        at += count;
        if (this.#payloadFill === this.header.payloadBytes && !this.#deliverKept()) return at;
      } else if (this.#headerFill > 0) {
        this.#headerBytes[this.#headerFill++] = chunk[at++] as number;
        if (readHeader(this.#headerView, 0, this.#headerFill, this.header) === 0) continue;
        this.#headerFill = 0;
        if (!this.#begin()) return at;
      } else {
        const headerBytes = readHeader(view, at, end - at, this.header);
        if (headerBytes === 0) {
          this.#headerBytes.set(chunk.subarray(at));
          this.#headerFill = end - at;
          return end;
        }
        const start = at + headerBytes;
        const payloadBytes = this.header.payloadBytes;
        if (end - start < payloadBytes) {
          at = start;
          if (!this.#begin()) return at;
          continue;
        }
        at = start + payloadBytes;
        const action = this.#sink.onHeader(this.header);
        if (action === FrameAction.Stop) return at;
        if (action === FrameAction.Skip) continue;
        if (!this.#sink.onMessage(this.header, chunk, start, at, false)) return at;
      }
    }
    return end;
  }

  /** A header is complete, its payload is not (or is empty). */
  #begin(): boolean {
    const action = this.#sink.onHeader(this.header);
    const payloadBytes = this.header.payloadBytes;
    if (action === FrameAction.Stop) return false;
    if (action === FrameAction.Skip) {
      this.#skip = payloadBytes;
      return true;
    }
    if (payloadBytes === 0) return this.#sink.onMessage(this.header, EMPTY, 0, 0, false);
    this.#payload = new Uint8Array(Math.min(payloadBytes, FIRST_BYTES));
    this.#payloadFill = 0;
    return true;
  }

  #keep(chunk: Uint8Array, at: number, count: number): void {
    let payload = this.#payload as Uint8Array;
    const needed = this.#payloadFill + count;
    if (needed > payload.length) {
      const bytes = new Uint8Array(Math.min(this.header.payloadBytes, Math.max(needed, payload.length * 2)));
      bytes.set(payload.subarray(0, this.#payloadFill));
      payload = bytes;
      this.#payload = bytes;
    }
    payload.set(count === chunk.length ? chunk : chunk.subarray(at, at + count), this.#payloadFill);
    this.#payloadFill = needed;
  }

  #deliverKept(): boolean {
    const payload = this.#payload as Uint8Array;
    this.#payload = undefined;
    this.#payloadFill = 0;
    return this.#sink.onMessage(this.header, payload, 0, payload.length, true);
  }
}
