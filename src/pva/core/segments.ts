import { ProtocolError } from '../../util/index.ts';
import {
  commandName,
  FLAG_BIG_ENDIAN,
  FLAG_SEGMENT_FIRST,
  FLAG_SEGMENT_LAST,
  FLAG_SEGMENT_MASK,
} from './constants.ts';

const NOTHING = new Uint8Array(0);
const FIRST_CAPACITY = 64 * 1024;

/**
 * Joins the payloads of a segmented message. Memory follows what has arrived, bounded by the limit.
 *
 * pvxs and pvAccessCPP close the connection at each violation found here; nobody pads between segments.
 */
export class SegmentAssembler {
  readonly #maxBytes: number;
  #buffer: Uint8Array = NOTHING;
  #bytes = 0;
  #command = -1;
  #order = 0;

  /** @param maxBytes limit of the joined payload. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** True between the first and the last segment of a message. */
  get isOpen(): boolean {
    return this.#command >= 0;
  }

  /** Bytes kept so far. */
  get pendingBytes(): number {
    return this.#bytes;
  }

  /**
   * Takes one segment, which is copied, and returns the whole payload after the last.
   *
   * @throws {ProtocolError} EPICS_PROTOCOL for segments out of order, of another command or byte order, or too many bytes.
   */
  push(flags: number, command: number, payload: Uint8Array): Uint8Array | undefined {
    const kind = flags & FLAG_SEGMENT_MASK;
    const order = flags & FLAG_BIG_ENDIAN;
    if (kind === FLAG_SEGMENT_FIRST) {
      if (this.isOpen) throw this.#violation('a new segmented message began', command);
      this.#command = command;
      this.#order = order;
    } else {
      if (!this.isOpen) {
        throw new ProtocolError(`segment of ${commandName(command)} without a first one`, 2);
      }
      if (command !== this.#command) throw this.#violation('a segment of another message came', command);
      if (order !== this.#order) throw this.#violation('a segment in other byte order came', command);
    }
    const fill = this.#bytes;
    const next = fill + payload.length;
    if (next > this.#maxBytes) {
      throw new ProtocolError(
        `segmented ${commandName(command)} of more than ${this.#maxBytes} bytes is over the limit`,
        4,
      );
    }
    if (next > this.#buffer.length) {
      // One growing array: a list of parts would cost a peer one byte and us an object for each segment.
      const buffer = new Uint8Array(
        Math.max(next, Math.min(this.#maxBytes, this.#buffer.length * 2), FIRST_CAPACITY),
      );
      buffer.set(this.#buffer.subarray(0, fill));
      this.#buffer = buffer;
    }
    this.#buffer.set(payload, fill);
    this.#bytes = next;
    if (kind !== FLAG_SEGMENT_LAST) return undefined;
    const whole = this.#buffer.subarray(0, next);
    this.clear();
    return whole;
  }

  /** @throws {ProtocolError} EPICS_PROTOCOL when a whole message comes between segments. */
  checkWhole(command: number): void {
    if (this.isOpen) throw this.#violation('a whole message came', command);
  }

  /** Forgets an unfinished message. */
  clear(): void {
    this.#buffer = NOTHING;
    this.#bytes = 0;
    this.#command = -1;
  }

  #violation(what: string, command: number): ProtocolError {
    return new ProtocolError(
      `${what} (${commandName(command)}) before the last segment of ${commandName(this.#command)}`,
      2,
    );
  }
}
