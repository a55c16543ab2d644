import {
  arrayOf,
  type FieldDesc,
  type MemberSpecs,
  type NumberArray,
  structType,
  unionType,
  Value,
} from '../pvdata/index.ts';
import { alarmType, type NtTimeStamp, readNumber, readText, readTimeStamp, timeStampType } from './common.ts';

const attributeType: FieldDesc = structType('epics:nt/NTAttribute:1.0', {
  name: 'string',
  value: 'any',
  tags: 'string[]',
  descriptor: 'string',
  alarm: alarmType,
  timeStamp: timeStampType,
  sourceType: 'int',
  source: 'string',
});

const members: MemberSpecs = {
  value: unionType('', {
    booleanValue: 'boolean[]',
    byteValue: 'byte[]',
    shortValue: 'short[]',
    intValue: 'int[]',
    longValue: 'long[]',
    ubyteValue: 'ubyte[]',
    ushortValue: 'ushort[]',
    uintValue: 'uint[]',
    ulongValue: 'ulong[]',
    floatValue: 'float[]',
    doubleValue: 'double[]',
  }),
  codec: structType('codec_t', { name: 'string', parameters: 'any' }),
  compressedSize: 'long',
  uncompressedSize: 'long',
  uniqueId: 'int',
  dataTimeStamp: timeStampType,
  alarm: alarmType,
  timeStamp: timeStampType,
  dimension: arrayOf(
    structType('dimension_t', {
      size: 'int',
      offset: 'int',
      fullSize: 'int',
      binning: 'int',
      reverse: 'boolean',
    }),
  ),
  attribute: arrayOf(attributeType),
};

/** NTNDArray with the members in the order of pvxs; areaDetector has another order, so read by name. */
export function ntNdArrayType(): FieldDesc {
  return structType('epics:nt/NTNDArray:1.0', members);
}

/** One axis of an image. */
export interface NtDimension {
  readonly size: number;
  readonly offset: number;
  readonly fullSize: number;
  readonly binning: number;
  readonly reverse: boolean;
}

/** Layout of a colour image: `mono` [x, y], `rgb1` [3, x, y], `rgb2` [x, 3, y], `rgb3` [x, y, 3]. */
export type NtColorMode = 'mono' | 'rgb1' | 'rgb2' | 'rgb3';

/** Content of an NTNDArray. */
export interface NtImage {
  /** Elements, the first axis fastest; compressed bytes when `codec` is set; undefined when nothing is selected. */
  readonly data: NumberArray | readonly boolean[] | undefined;
  /** First axis varies fastest. */
  readonly dimensions: readonly NtDimension[];
  readonly colorMode: NtColorMode;
  /** Pixels per line, 0 when it is no image. */
  readonly width: number;
  /** Lines, 0 when it is no image. */
  readonly height: number;
  /** Name of the compression, `''` for none. */
  readonly codec: string;
  readonly uniqueId: number;
  readonly dataTimeStamp: NtTimeStamp | undefined;
  /** Plain content by name. */
  readonly attributes: ReadonlyMap<string, unknown>;
}

const colorModes: ReadonlyMap<number, NtColorMode> = new Map([
  [2, 'rgb1'],
  [3, 'rgb2'],
  [4, 'rgb3'],
]);
const xAxis = { mono: 0, rgb1: 1, rgb2: 0, rgb3: 0 } as const;
const yAxis = { mono: 1, rgb1: 2, rgb2: 2, rgb3: 1 } as const;

/** The content of an NTNDArray, whatever the order of its members. */
export function readNdArray(value: Value): NtImage {
  const dimensions = structs(value.get('dimension')).map(
    (item): NtDimension => ({
      size: readNumber(item, 'size'),
      offset: readNumber(item, 'offset'),
      fullSize: readNumber(item, 'fullSize'),
      binning: readNumber(item, 'binning'),
      reverse: item.get('reverse') === true,
    }),
  );
  const attributes = new Map<string, unknown>(
    structs(value.get('attribute')).map((item) => [readText(item, 'name'), item.toObject()['value']]),
  );
  const colorMode = colorModes.get(Number(attributes.get('ColorMode') ?? 0)) ?? 'mono';
  return {
    data: value.get('value->') as NumberArray | readonly boolean[] | undefined,
    dimensions,
    colorMode,
    width: dimensions[xAxis[colorMode]]?.size ?? 0,
    height: dimensions[yAxis[colorMode]]?.size ?? 0,
    codec: readText(value, 'codec.name'),
    uniqueId: readNumber(value, 'uniqueId'),
    dataTimeStamp: readTimeStamp(value, 'dataTimeStamp'),
    attributes,
  };
}

function structs(list: unknown): Value[] {
  return Array.isArray(list) ? list.filter((item) => item instanceof Value) : [];
}

/** What `makeNdArray` takes besides the data. */
export interface NdArrayOptions {
  /** Sizes of the axes, the fastest first; by default one axis of all elements. */
  readonly sizes?: readonly number[];
  readonly uniqueId?: number;
  readonly timeStamp?: NtTimeStamp;
  /** Plain content, or a `Value`, by name. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** An uncompressed NTNDArray. The data are shared, not copied. */
export function makeNdArray(data: NumberArray | readonly boolean[], o: NdArrayOptions = {}): Value {
  const byteCount = 'byteLength' in data ? data.byteLength : data.length;
  const value = Value.from(ntNdArrayType(), {
    value: data,
    codec: { name: '', parameters: null },
    compressedSize: byteCount,
    uncompressedSize: byteCount,
    uniqueId: o.uniqueId ?? 0,
    dimension: (o.sizes ?? [data.length]).map((size) => ({
      size,
      offset: 0,
      fullSize: size,
      binning: 1,
      reverse: false,
    })),
    attribute: Object.entries(o.attributes ?? {}).map(([name, content]) => ({ name, value: content })),
  });
  if (o.timeStamp !== undefined) {
    const { seconds, nanoseconds, userTag } = o.timeStamp;
    const time = { secondsPastEpoch: seconds, nanoseconds, userTag };
    value.set('timeStamp', time).set('dataTimeStamp', time);
  }
  return value;
}
