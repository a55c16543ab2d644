import { readFileSync } from 'node:fs';
import { fromHex, seededRandom } from '../../src/testing/index.ts';
import { goldenInteropSessions } from '../helpers/golden-sessions.ts';
import { goldenSessions, goldenStream, join } from '../unit/pva/core/peers.ts';

export type Protocol = 'ca' | 'pva';
export type End = 'client' | 'server';

/** What one end said in a recorded session, message by message. */
export interface Seed {
  readonly protocol: Protocol;
  readonly from: End;
  readonly messages: readonly Uint8Array[];
}

const PVA_HEADER = 8;
const CA_HEADER = 16;
const CA_EXTENDED = 24;

/** Length of the message at the start of `bytes`, at most all of them. */
function messageBytes(protocol: Protocol, bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let length = bytes.length;
  if (protocol === 'pva' && bytes.length >= PVA_HEADER) {
    const flags = bytes[2] as number;
    length = PVA_HEADER + ((flags & 1) !== 0 ? 0 : view.getUint32(4, (flags & 0x80) === 0));
  } else if (protocol === 'ca' && bytes.length >= CA_HEADER) {
    const isExtended = view.getUint16(2) === 0xffff && bytes.length >= CA_EXTENDED;
    length = isExtended ? CA_EXTENDED + view.getUint32(16) : CA_HEADER + view.getUint16(2);
  }
  return Math.min(length, bytes.length);
}

/** A stream in messages. */
export function messagesOf(protocol: Protocol, stream: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < stream.length; ) {
    const length = messageBytes(protocol, stream.subarray(at));
    messages.push(stream.subarray(at, at + length));
    at += length;
  }
  return messages;
}

interface CaVector {
  readonly dir: string;
  readonly hex: string;
}
const vectorsPath = new URL('../golden/ca-vectors.json', import.meta.url);
const caVectors = (JSON.parse(readFileSync(vectorsPath, 'utf8')) as { readonly vectors: readonly CaVector[] })
  .vectors;

/** Every recorded session, and for CA all single messages of one direction as if they were one. */
export const seeds: readonly Seed[] = (['client', 'server'] as const).flatMap((from) => [
  ...goldenInteropSessions.map((session) => ({
    protocol: session.protocol,
    from,
    messages: messagesOf(session.protocol, session.bytesFrom(from)),
  })),
  ...goldenSessions.map((session) => ({
    protocol: 'pva' as const,
    from,
    messages: messagesOf('pva', join(goldenStream(session, from))),
  })),
  {
    protocol: 'ca' as const,
    from,
    messages: caVectors
      .filter((vector) => vector.dir === (from === 'client' ? 'C>S tcp' : 'S>C tcp'))
      .map((vector) => fromHex(vector.hex)),
  },
]);

/** Datagrams on record. */
export const datagrams: readonly Uint8Array[] = caVectors
  .filter((vector) => vector.dir.includes('udp'))
  .map((vector) => fromHex(vector.hex));

/** Seeds of one protocol and direction. */
export function seedsOf(protocol: Protocol, from: End): readonly Seed[] {
  return seeds.filter((seed) => seed.protocol === protocol && seed.from === from && seed.messages.length > 0);
}

// Sizes, markers of null, of long sizes and of cached types, counts at their limits.
const spices = [
  '00',
  'ff',
  'fe',
  'fd',
  'fc',
  '80',
  '7f',
  'feffffff7f',
  'fe7fffffff',
  'feffffffff',
  'ffff',
  '82',
];
const sizes = [
  0, 1, 7, 8, 0x7f, 0xff, 0xffff, 0x10000, 0x100000, 0x0fffffff, 0x7fffffff, 0xfffffff8, 0xffffffff,
];

/** Makes broken sessions out of good ones; the same seed gives the same ones. */
export class Mutator {
  readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** Bytes without any sense. */
  noise(most: number): Uint8Array {
    return Uint8Array.from({ length: 1 + this.below(most) }, () => this.below(256));
  }

  /** A session with a few faults; parts of another one of the same kind may be in it. */
  session(kind: readonly Seed[]): Uint8Array {
    const seed = this.pick(kind);
    const messages: Uint8Array[] = seed.messages.map((message) => Uint8Array.from(message));
    // Long sessions are cut, else most of the time goes into what is right in them.
    const length = Math.min(messages.length, 4 + this.below(24));
    messages.length = length;
    for (let faults = 1 + this.below(3); faults > 0; faults--) this.#disturb(messages, kind, seed.protocol);
    return join(messages);
  }

  /** One byte string with a few faults. */
  bytes(original: Uint8Array): Uint8Array {
    let bytes: Uint8Array = original;
    for (let faults = 1 + this.below(3); faults > 0; faults--) bytes = this.#disturbBytes(bytes);
    return bytes;
  }

  #disturb(messages: Uint8Array[], kind: readonly Seed[], protocol: Protocol): void {
    // The first two messages are the greeting mostly: without it the rest is not even looked at.
    const first = Math.min(messages.length - 1, this.random() < 0.9 ? 2 : 0);
    const at = first + this.below(messages.length - first);
    const message = messages[at] as Uint8Array;
    switch (this.below(10)) {
      case 0:
        messages.splice(at, 1 + this.below(3));
        break;
      case 1:
        messages.splice(at, 0, ...Array.from({ length: 1 + this.below(20) }, () => Uint8Array.from(message)));
        break;
      case 2: {
        const other = this.below(messages.length);
        messages[at] = messages[other] as Uint8Array;
        messages[other] = message;
        break;
      }
      case 3:
        messages.splice(at, 0, this.pick(this.pick(kind).messages).slice());
        break;
      case 4:
        setSize(protocol, message, this.pick(sizes));
        break;
      case 5:
        this.#disturbHeader(protocol, message);
        break;
      case 6: {
        // The body changes its length, and the header says so.
        const header = message.subarray(
          0,
          Math.min(message.length, protocol === 'ca' ? CA_HEADER : PVA_HEADER),
        );
        const body = this.#disturbBytes(message.subarray(header.length));
        const whole = join([header, body]);
        setSize(protocol, whole, body.length);
        messages[at] = whole;
        break;
      }
      case 7:
        messages.length = at + 1;
        messages[at] = message.slice(0, this.below(message.length + 1));
        break;
      default:
        for (let flips = 1 + this.below(4); flips > 0 && message.length > 0; flips--) {
          const index = this.below(message.length);
          message[index] =
            this.random() < 0.5 ? this.below(256) : (message[index] as number) ^ (1 << this.below(8));
        }
    }
    if (messages.length === 0) messages.push(this.noise(40));
  }

  #disturbHeader(protocol: Protocol, message: Uint8Array): void {
    if (message.length < PVA_HEADER) return;
    if (protocol === 'ca') message[1] = this.below(30);
    else if (this.random() < 0.5) message[2] = (message[2] as number) ^ (1 << this.pick([0, 4, 5, 6, 7]));
    else message[3] = this.below(24);
  }

  #disturbBytes(bytes: Uint8Array): Uint8Array {
    const at = this.below(bytes.length + 1);
    const before = bytes.subarray(0, at);
    switch (this.below(5)) {
      case 0:
        return join([before, fromHex(this.pick(spices)), bytes.subarray(at)]);
      case 1: {
        const spice = fromHex(this.pick(spices));
        return join([before, spice, bytes.subarray(at + spice.length)]);
      }
      case 2:
        return join([before, bytes.subarray(at + 1 + this.below(8))]);
      case 3: {
        const piece = bytes.subarray(at, at + 1 + this.below(16));
        return join([before, ...Array.from({ length: 1 + this.below(30) }, () => piece), bytes.subarray(at)]);
      }
      default: {
        const changed = bytes.slice();
        if (at < changed.length) changed[at] = this.below(256);
        return changed;
      }
    }
  }
}

function setSize(protocol: Protocol, message: Uint8Array, size: number): void {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  if (protocol === 'pva' && message.length >= PVA_HEADER) {
    view.setUint32(4, size, ((message[2] as number) & 0x80) === 0);
  } else if (protocol === 'ca' && message.length >= CA_HEADER) {
    if (size <= 0xffff) view.setUint16(2, size);
    else if (message.length >= CA_EXTENDED) {
      view.setUint16(2, 0xffff);
      view.setUint16(6, 0);
      view.setUint32(16, size);
    }
  }
}
