import type { Snapshot, SubscribeContext } from '../../src/pv/index.ts';
import type { Value } from '../../src/pvdata/index.ts';
import type { Case, Layers } from './load.ts';

/** A post, and what servers do with it until the bytes of each subscriber are written. */
export function fanOutCases({ pv, pvdata, util }: Layers): Case[] {
  const group = 'one post to n subscribers';
  return [1, 10, 100].flatMap((count): Case[] => {
    const writer = new util.BytesWriter(64 * 1024);
    const context: SubscribeContext = { peer: pv.localPeer(), mask: pv.Event.All, pvRequest: undefined };
    const makePv = (): InstanceType<typeof pv.SharedPv> =>
      pv.SharedPv.mailbox({ element: 'float64', value: 0, meta: { units: 'mm' } });

    // Snapshot as it is: what fan-out itself costs.
    const plain = makePv();
    const served = plain.served;
    if (!pv.isScalarPv(served)) throw new Error('a mailbox of a number is a scalar');
    const fanOut = new pv.FanOut<Snapshot>(served);
    let updates = 0;
    for (let i = 0; i < count; i++) {
      fanOut.subscribe({ onUpdate: () => void updates++, onClose: () => {} }, context);
    }

    // As a PVA server: a structure, encoded once, copied for each subscriber.
    const encoded = makePv();
    const source = encoded.served;
    const struct = pv.isScalarPv(source) ? pv.asStruct(source) : undefined;
    if (struct === undefined || !pv.isStructPv(struct))
      throw new Error('a mailbox of a number has a structure');
    const structs = new pv.FanOut<Value>(struct);
    const scratch = new util.BytesWriter(256);
    for (let i = 0; i < count; i++) {
      structs.subscribe(
        {
          onUpdate: (update) => {
            const bytes = update.encoded('all', () => {
              scratch.clear();
              pvdata.encodeMasked(scratch, update.data);
              return scratch.toBytes();
            });
            writer.u32(i);
            writer.raw(bytes);
          },
          onClose: () => {},
        },
        context,
      );
    }
    let value = 0;
    return [
      { group, title: `${count}: snapshot`, run: () => (plain.post(++value), updates) },
      {
        group,
        title: `${count}: NTScalar, encoded and copied`,
        run: () => {
          writer.clear();
          encoded.post(++value);
          return writer.position;
        },
      },
    ];
  });
}

/** Values on the wire of Channel Access. */
export function dbrCases({ ca, pv, util }: Layers): Case[] {
  const meta = pv.makeMetadata({ units: 'mm', precision: 3, display: { low: -10, high: 10 } });
  const time = { seconds: 1_700_000_000, nanoseconds: 5, userTag: 0 };
  const scalarType = pv.makeScalarType('float64');
  const scalar = pv.makeSnapshot(1.5, pv.noAlarm, time, meta);
  const arrayOf = (count: number): Snapshot =>
    pv.makeSnapshot(
      Float64Array.from({ length: count }, (_, i) => i),
      pv.noAlarm,
      time,
      meta,
    );
  const group = 'DBR';
  const { DBR_CTRL_DOUBLE, DBR_TIME_DOUBLE } = ca;
  const encode = (title: string, dbrType: number, snapshot: Snapshot, count: number): Case => {
    const type = count === 1 ? scalarType : pv.makeScalarType('float64', { isArray: true, caCount: count });
    const served = { type, className: 'ai' };
    return { group, title: `encode ${title}`, run: () => ca.encodeDbr(served, snapshot, dbrType, count) };
  };
  const decode = (title: string, dbrType: number, snapshot: Snapshot, count: number): Case => {
    const { run } = encode(title, dbrType, snapshot, count);
    const bytes = run() as Uint8Array;
    const reader = new util.BytesReader(bytes, false);
    return {
      group,
      title: `decode ${title}`,
      run: () => ca.decodeDbr(reader.reset(bytes, 0, bytes.length), dbrType, count),
    };
  };
  const cases: [string, number, Snapshot, number][] = [
    ['TIME_DOUBLE', DBR_TIME_DOUBLE, scalar, 1],
    ['CTRL_DOUBLE', DBR_CTRL_DOUBLE, scalar, 1],
    ['TIME_DOUBLE of 1000', DBR_TIME_DOUBLE, arrayOf(1000), 1000],
  ];
  return cases.flatMap((args) => [encode(...args), decode(...args)]);
}
