import type { ElementType } from '../../pv/index.ts';
import { padded } from './header.ts';

export const DBR_STRING = 0;
export const DBR_SHORT = 1;
export const DBR_FLOAT = 2;
export const DBR_ENUM = 3;
export const DBR_CHAR = 4;
export const DBR_LONG = 5;
export const DBR_DOUBLE = 6;
export const DBR_STS_STRING = 7;
export const DBR_STS_SHORT = 8;
export const DBR_STS_FLOAT = 9;
export const DBR_STS_ENUM = 10;
export const DBR_STS_CHAR = 11;
export const DBR_STS_LONG = 12;
export const DBR_STS_DOUBLE = 13;
export const DBR_TIME_STRING = 14;
export const DBR_TIME_SHORT = 15;
export const DBR_TIME_FLOAT = 16;
export const DBR_TIME_ENUM = 17;
export const DBR_TIME_CHAR = 18;
export const DBR_TIME_LONG = 19;
export const DBR_TIME_DOUBLE = 20;
export const DBR_GR_STRING = 21;
export const DBR_GR_SHORT = 22;
export const DBR_GR_FLOAT = 23;
export const DBR_GR_ENUM = 24;
export const DBR_GR_CHAR = 25;
export const DBR_GR_LONG = 26;
export const DBR_GR_DOUBLE = 27;
export const DBR_CTRL_STRING = 28;
export const DBR_CTRL_SHORT = 29;
export const DBR_CTRL_FLOAT = 30;
export const DBR_CTRL_ENUM = 31;
export const DBR_CTRL_CHAR = 32;
export const DBR_CTRL_LONG = 33;
export const DBR_CTRL_DOUBLE = 34;
/** Write only: whether transient alarms need acknowledgement. */
export const DBR_PUT_ACKT = 35;
/** Write only: acknowledges alarms up to a severity. */
export const DBR_PUT_ACKS = 36;
/** Text with alarm and acknowledgement state. */
export const DBR_STSACK_STRING = 37;
/** Record type of the channel, as text. */
export const DBR_CLASS_NAME = 38;
/** Number of DBR types. */
export const DBR_TYPE_COUNT = 39;

/** Family of a DBR type: what comes with the value. */
export const DbrFamily = { Plain: 0, Sts: 1, Time: 2, Gr: 3, Ctrl: 4, Special: 5 } as const;
export type DbrFamily = (typeof DbrFamily)[keyof typeof DbrFamily];

const plainNames = ['STRING', 'SHORT', 'FLOAT', 'ENUM', 'CHAR', 'LONG', 'DOUBLE'] as const;
const familyNames = ['', 'STS_', 'TIME_', 'GR_', 'CTRL_'] as const;
const specialNames = ['PUT_ACKT', 'PUT_ACKS', 'STSACK_STRING', 'CLASS_NAME'] as const;

// Offset of the first value, by type code.
const valueOffsets: readonly number[] = [
  0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 5, 4, 8, 12, 14, 12, 14, 15, 12, 16, 4, 24, 40, 422, 19, 36, 64, 4, 28, 48,
  422, 21, 44, 80, 0, 0, 8, 0,
];
// Bytes of one value, by plain type code.
const elementSizes: readonly number[] = [40, 2, 4, 2, 1, 4, 8];

/** Tells whether `type` is one of the 39 DBR types. */
export function isDbrType(type: number): boolean {
  return type >= 0 && type < DBR_TYPE_COUNT;
}

/** Family of a valid DBR type. */
export function dbrFamily(type: number): DbrFamily {
  return (type < DBR_PUT_ACKT ? Math.floor(type / 7) : DbrFamily.Special) as DbrFamily;
}

/** Plain type (0..6) of the value of a valid DBR type. */
export function dbrPlain(type: number): number {
  if (type < DBR_PUT_ACKT) return type % 7;
  return type === DBR_PUT_ACKT || type === DBR_PUT_ACKS ? DBR_SHORT : DBR_STRING;
}

/** The type of `family` with the value type `plain`. */
export function dbrOf(family: DbrFamily, plain: number): number {
  return family * 7 + plain;
}

/** Bytes before the first value of a valid DBR type. */
export function dbrValueOffset(type: number): number {
  return valueOffsets[type] as number;
}

/** Bytes of one value of a valid DBR type. */
export function dbrElementBytes(type: number): number {
  return elementSizes[dbrPlain(type)] as number;
}

/** Bytes of `count` values of a valid DBR type with what comes before them, not padded. */
export function dbrBytes(type: number, count: number): number {
  return dbrValueOffset(type) + count * dbrElementBytes(type);
}

/** Payload bytes of `count` values of a valid DBR type, padded to a multiple of 8. */
export function dbrPayloadBytes(type: number, count: number): number {
  return padded(dbrBytes(type, count));
}

/** Name of a DBR type, such as `DBR_TIME_DOUBLE`; `DBR 77` for an unknown one. */
export function dbrName(type: number): string {
  if (!isDbrType(type)) return `DBR ${type}`;
  if (type >= DBR_PUT_ACKT) return `DBR_${specialNames[type - DBR_PUT_ACKT] as string}`;
  return `DBR_${familyNames[Math.floor(type / 7)] as string}${plainNames[type % 7] as string}`;
}

/** Code of a DBR type from its name, with or without `DBR_`, `INT` meaning `SHORT`, any case; undefined when unknown. */
export function parseDbrName(text: string): number | undefined {
  const name = text
    .toUpperCase()
    .replace(/^DBR_/, '')
    .replace(/(^|_)INT$/, '$1SHORT');
  for (let type = 0; type < DBR_TYPE_COUNT; type++) if (dbrName(type) === `DBR_${name}`) return type;
  return undefined;
}

const nativeTypes: Readonly<Record<ElementType, number>> = {
  boolean: DBR_ENUM,
  int8: DBR_CHAR,
  uint8: DBR_CHAR,
  int16: DBR_SHORT,
  uint16: DBR_LONG,
  int32: DBR_LONG,
  uint32: DBR_DOUBLE,
  int64: DBR_DOUBLE,
  uint64: DBR_DOUBLE,
  float32: DBR_FLOAT,
  float64: DBR_DOUBLE,
  string: DBR_STRING,
  enum: DBR_ENUM,
};

/** Native plain DBR type of a PV whose elements have type `element`. */
export function nativeDbr(element: ElementType): number {
  return nativeTypes[element];
}

const dbrElements: readonly ElementType[] = [
  'string',
  'int16',
  'float32',
  'enum',
  'uint8',
  'int32',
  'float64',
];

/** Element type of the values of a valid DBR type; CHAR is unsigned. */
export function dbrElement(type: number): ElementType {
  return dbrElements[dbrPlain(type)] as ElementType;
}
