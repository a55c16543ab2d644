import {
  type Alarm,
  AlarmCondition,
  coerce,
  emptyMetadata,
  makeAlarm,
  makeScalarType,
  type ScalarType,
  type ScalarWrite,
  Severity,
  undefinedAlarm,
} from '../../pv/index.ts';
import { type Encoded, encoded, type TreeWrite, type ValueCodec } from './codec.ts';

/** Integer element types that a scalar variable is served as. */
export type IntElement = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'uint32' | 'int64' | 'uint64';

const ranges: Readonly<Record<IntElement, readonly [low: bigint, high: bigint]>> = {
  int8: [-0x80n, 0x7fn],
  uint8: [0n, 0xffn],
  int16: [-0x8000n, 0x7fffn],
  uint16: [0n, 0xffffn],
  int32: [-0x8000_0000n, 0x7fff_ffffn],
  uint32: [0n, 0xffff_ffffn],
  int64: [-0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn],
  uint64: [0n, 0xffff_ffff_ffff_ffffn],
};

const outOfRange: Alarm = makeAlarm(Severity.Invalid, AlarmCondition.HwLimit);

function isWide(element: IntElement): boolean {
  return element === 'int64' || element === 'uint64';
}

/** An integer. A value beyond the served type is clamped and INVALID; it never wraps. */
export class IntCodec implements ValueCodec {
  readonly type: ScalarType;
  readonly choices: readonly string[] = [];
  readonly #isWide: boolean;
  readonly #low: bigint;
  readonly #high: bigint;

  constructor(element: IntElement) {
    this.type = makeScalarType(element);
    this.#isWide = isWide(element);
    [this.#low, this.#high] = ranges[element];
  }

  encode(value: unknown, _text: () => string): Encoded {
    if (value === null || value === undefined) return encoded(this.#isWide ? 0n : 0, undefinedAlarm);
    if (typeof value === 'number' && !this.#isWide && value >= this.#low && value <= this.#high) {
      return encoded(Math.trunc(value));
    }
    const exact = toBigInt(value);
    const shown = exact < this.#low ? this.#low : exact > this.#high ? this.#high : exact;
    return encoded(this.#isWide ? shown : Number(shown), shown === exact ? undefined : outOfRange);
  }

  decode(write: ScalarWrite): TreeWrite {
    const value = coerce(write, this.type, emptyMetadata) as number | bigint;
    return { value: Number.isSafeInteger(Number(value)) ? Number(value) : value, isText: false };
  }
}

function toBigInt(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  const number = Number(value);
  if (!Number.isFinite(number)) throw new RangeError(`${String(value)} is not an integer`);
  return BigInt(Math.trunc(number));
}

/** A floating point number. */
export class FloatCodec implements ValueCodec {
  readonly type: ScalarType;
  readonly choices: readonly string[] = [];

  constructor(element: 'float32' | 'float64') {
    this.type = makeScalarType(element);
  }

  encode(value: unknown, _text: () => string): Encoded {
    if (value === null || value === undefined) return encoded(0, undefinedAlarm);
    return encoded(Number(value));
  }

  decode(write: ScalarWrite): TreeWrite {
    // A 32-bit channel carries what the client wrote; rounding is the variable's business.
    return { value: coerce(write, doubleType, emptyMetadata), isText: false };
  }
}

const doubleType: ScalarType = makeScalarType('float64');
const longType: ScalarType = makeScalarType('int64');

/** A boolean without labels, as 0 and 1 or as true and false. */
export class BoolCodec implements ValueCodec {
  readonly type: ScalarType;
  readonly choices: readonly string[] = [];

  constructor(element: 'boolean' | 'int32') {
    this.type = makeScalarType(element);
  }

  encode(value: unknown, _text: () => string): Encoded {
    const isBoolean = this.type.element === 'boolean';
    if (value === null || value === undefined) return encoded(isBoolean ? false : 0, undefinedAlarm);
    const truth = value !== 0 && value !== 0n && value !== false;
    return encoded(isBoolean ? truth : Number(truth));
  }

  decode(write: ScalarWrite): TreeWrite {
    if (typeof write.value === 'boolean') return { value: write.value, isText: false };
    if (typeof write.value === 'string' && /^\s*(true|false)\s*$/i.test(write.value)) {
      return { value: /true/i.test(write.value), isText: false };
    }
    return { value: coerce(write, longType, emptyMetadata) !== 0n, isText: false };
  }
}
