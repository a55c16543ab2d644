import type { BaseVariable, VariableKind } from '../tree/index.ts';
import { cutUtf8 } from '../util/index.ts';
import { ArrayCodec } from './codec/array-codec.ts';
import type { ValueCodec } from './codec/codec.ts';
import { EnumCodec, MAX_RECORD_CHOICE_BYTES } from './codec/enum-codec.ts';
import { BoolCodec, FloatCodec, IntCodec, type IntElement } from './codec/number-codec.ts';
import { TextCodec } from './codec/text-codec.ts';

/** Labels that a record and Channel Access can carry. */
const MAX_RECORD_CHOICES = 16;

/** Sizes that records announce; see `EpicsPvServer` options. */
export interface SizeOptions {
  /** Bytes of a text on Channel Access, with the terminating zero. */
  readonly maxStringLength: number;
  /** Elements of an array on Channel Access; 0: the initial size of the array. */
  readonly maxArrayLength: number;
  /** Element type of a plain integer, which Python does not bound. */
  readonly int: 'int32' | 'int64';
}

export const defaultSizes: SizeOptions = { maxStringLength: 4096, maxArrayLength: 0, int: 'int32' };

/** The record that stands for a variable. */
export interface RecordChoice {
  /** Name of the record type without direction: `mbbi` and `mbbo` for `mbb` ... */
  readonly inType: string;
  readonly outType: string;
  readonly codec: ValueCodec;
}

function smallestInt(bits: number, isSigned: boolean): IntElement {
  const width = bits <= 8 ? 8 : bits <= 16 ? 16 : bits <= 32 ? 32 : 64;
  return `${isSigned ? 'int' : 'uint'}${width}`;
}

/** Tells whether a record can carry the labels: few enough, and still different when they are cut. */
function fitsRecord(choices: readonly string[]): boolean {
  if (choices.length > MAX_RECORD_CHOICES) return false;
  return new Set(choices.map((choice) => cutUtf8(choice, MAX_RECORD_CHOICE_BYTES))).size === choices.length;
}

function arrayCount(shape: readonly number[], sizes: SizeOptions): number {
  const count = shape.reduce((product, n) => product * n, 1);
  return sizes.maxArrayLength > 0 ? sizes.maxArrayLength : Math.max(1, count);
}

/** Record type and conversion of a variable's kind under V7. */
export function recordFor(kind: VariableKind, sizes: SizeOptions): RecordChoice {
  const text = (): RecordChoice => ({
    inType: 'waveform',
    outType: 'waveform',
    codec: new TextCodec(sizes.maxStringLength),
  });
  switch (kind.k) {
    case 'enum':
      if (!fitsRecord(kind.choices)) return text();
      return { inType: 'mbbi', outType: 'mbbo', codec: new EnumCodec(kind.choices, kind.values) };
    case 'bool':
      return { inType: 'longin', outType: 'longout', codec: new BoolCodec('int32') };
    case 'int': {
      if (kind.bits === null) {
        const isWide = sizes.int === 'int64';
        return {
          inType: isWide ? 'int64in' : 'longin',
          outType: isWide ? 'int64out' : 'longout',
          codec: new IntCodec(sizes.int),
        };
      }
      if (kind.bits > 64) return text();
      if (kind.bits + (kind.signed ? 0 : 1) <= 32) {
        return { inType: 'longin', outType: 'longout', codec: new IntCodec('int32') };
      }
      const codec = new IntCodec(kind.bits === 64 && !kind.signed ? 'uint64' : 'int64');
      return { inType: 'int64in', outType: 'int64out', codec };
    }
    case 'float':
      return { inType: 'ai', outType: 'ao', codec: new FloatCodec('float64') };
    case 'array': {
      const codec = new ArrayCodec(kind.dtype, kind.shape, arrayCount(kind.shape, sizes));
      return { inType: 'waveform', outType: 'waveform', codec };
    }
    case 'string':
    case 'object':
    case 'none':
      return text();
  }
}

/** Conversion of a variable's kind on PVA under its full name: the narrowest type that holds it. */
export function aliasCodecFor(kind: VariableKind, sizes: SizeOptions): ValueCodec {
  switch (kind.k) {
    case 'enum':
      return kind.choices.length > MAX_RECORD_CHOICES
        ? new TextCodec(sizes.maxStringLength)
        : new EnumCodec(kind.choices, kind.values);
    case 'bool':
      return new BoolCodec('boolean');
    case 'int':
      if (kind.bits === null) return new IntCodec('int32');
      return kind.bits > 64
        ? new TextCodec(sizes.maxStringLength)
        : new IntCodec(smallestInt(kind.bits, kind.signed));
    case 'float':
      return new FloatCodec(kind.bits === 32 ? 'float32' : 'float64');
    case 'array':
      return new ArrayCodec(kind.dtype, kind.shape, arrayCount(kind.shape, sizes));
    case 'string':
    case 'object':
    case 'none':
      return new TextCodec(sizes.maxStringLength);
  }
}

/** What `epicsV7ToPvaType` looks at. */
export type VariableLike = Pick<BaseVariable, 'typeStr'> & {
  readonly enum?: ReadonlyMap<unknown, string> | Readonly<Record<string, string>> | null;
};

const intLetters: Readonly<Record<IntElement, string>> = {
  int8: 'b',
  uint8: 'B',
  int16: 'h',
  uint16: 'H',
  int32: 'i',
  uint32: 'I',
  int64: 'l',
  uint64: 'L',
};

/** Type letters that no PV can be made of: unions, variants and structures. */
export const PVA_UNSUPPORTED_TYPES: ReadonlySet<string> = new Set(['v', 'U', 'S']);

/**
 * The PVA type of a variable as a letter of p4p's type codes, or `enum` or `ndarray`.
 *
 * @see slaclab/rogue python/pyrogue/protocols/epicsV7.py, epics_v7_to_pva_type
 */
export function epicsV7ToPvaType(variable: VariableLike): string {
  const labels = variable.enum ?? null;
  if (labels !== null) {
    const count = labels instanceof Map ? labels.size : Object.keys(labels).length;
    return count > MAX_RECORD_CHOICES ? 's' : 'enum';
  }
  const name = variable.typeStr;
  if (name === 'int') return 'i';
  if (name === 'float') return 'd';
  if (name === 'Bool' || name === 'bool') return '?';
  if (/ndarray|\(.*,.*\)|\[np\]/.test(name)) return 'ndarray';
  const int = /^(U?)Int(?:BE|Reversed)?(\d+)$/.exec(name);
  if (int !== null) {
    const bits = Number(int[2]);
    return bits > 64 ? 's' : intLetters[smallestInt(bits, int[1] === '')];
  }
  if (/^(Double(BE)?64|Float64|U?Fixed_.*)$/.test(name)) return 'd';
  if (/^(Float(BE)?32|TensorFloat32(BE)?|B?Float(BE)?16(BE)?|Float(BE)?(8|6|4)(BE)?)$/.test(name)) return 'f';
  return 's';
}
