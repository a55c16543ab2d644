import type { Case, Layers } from './load.ts';

/** Values and types on the wire of PVAccess. */
export function pvdataCases({ nt, pvdata, util }: Layers): Case[] {
  const { BytesReader, BytesWriter } = util;
  const { decodeMasked, decodeType, decodeValue, encodeMasked, encodeType, encodeValue, TypeCache, Value } =
    pvdata;
  const desc = nt.ntScalarType('double', { display: true, control: true, valueAlarm: true, form: true });
  const full = new Value(desc)
    .set('value', 1.5)
    .set('alarm.message', 'HIGH')
    .set('timeStamp.secondsPastEpoch', 1_700_000_000)
    .set('display.units', 'mm')
    .set('display.description', 'beam position')
    .set('display.limitHigh', 10);
  const delta = full.clone();
  delta.unmark();
  delta.set('value', 2.5).set('timeStamp.secondsPastEpoch', 1_700_000_001).set('timeStamp.nanoseconds', 5);
  const arrays = [16, 1000].map((count) => {
    const type = nt.ntScalarArrayType('double');
    return new Value(type).set(
      'value',
      Float64Array.from({ length: count }, (_, i) => i),
    );
  });

  const writer = new BytesWriter(4096);
  const bytesOf = (write: () => void): Uint8Array => {
    writer.clear();
    write();
    return writer.toBytes();
  };
  const cache = new TypeCache();
  const reading = (
    bytes: Uint8Array,
    read: (r: InstanceType<typeof BytesReader>) => unknown,
  ): (() => unknown) => {
    const reader = new BytesReader(bytes);
    return () => read(reader.reset(bytes, 0, bytes.length));
  };
  const writing = (write: () => void): (() => unknown) => {
    return () => {
      writer.clear();
      write();
      return writer.position;
    };
  };
  const fullBytes = bytesOf(() => encodeValue(writer, full));
  const deltaBytes = bytesOf(() => encodeMasked(writer, delta));
  const typeBytes = bytesOf(() => encodeType(writer, desc));
  const group = 'NTScalar double, 34 fields';
  return [
    {
      group: `${group}: encode`,
      title: 'value and time stamp',
      run: writing(() => encodeMasked(writer, delta)),
    },
    { group: `${group}: encode`, title: 'all', run: writing(() => encodeValue(writer, full)) },
    { group: `${group}: encode`, title: 'its type', run: writing(() => encodeType(writer, desc)) },
    {
      group: `${group}: decode`,
      title: 'value and time stamp',
      run: reading(deltaBytes, (r) => decodeMasked(r, desc, cache)),
    },
    {
      group: `${group}: decode`,
      title: 'value and time stamp, over a kept value',
      run: reading(deltaBytes, (r) => decodeMasked(r, desc, cache, full)),
    },
    { group: `${group}: decode`, title: 'all', run: reading(fullBytes, (r) => decodeValue(r, desc, cache)) },
    { group: `${group}: decode`, title: 'its type', run: reading(typeBytes, (r) => decodeType(r, cache)) },
    ...arrays.flatMap((value): Case[] => {
      const count = (value.get('value') as Float64Array).length;
      const bytes = bytesOf(() => encodeValue(writer, value));
      return [
        {
          group: 'NTScalarArray double',
          title: `encode ${count} elements`,
          run: writing(() => encodeValue(writer, value)),
        },
        {
          group: 'NTScalarArray double',
          title: `decode ${count} elements`,
          run: reading(bytes, (r) => decodeValue(r, value.desc, cache)),
        },
      ];
    }),
  ];
}
