import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ntEnumType, ntScalarArrayType, ntScalarType } from '../../src/nt/index.ts';
import { SharedPv } from '../../src/pv/index.ts';
import { type PvaClientCommand, writeClientCommand } from '../../src/pva/core/index.ts';
import { encodeMasked, parsePvRequest, structType, Value } from '../../src/pvdata/index.ts';
import { BytesWriter } from '../../src/util/index.ts';
import { Bench } from '../unit/pva/server/harness.ts';

const runs = { numRuns: Number(process.env['FAST_CHECK_RUNS'] ?? 200) };

const double = ntScalarType('double');

function putBody(): Uint8Array {
  const writer = new BytesWriter();
  encodeMasked(writer, Value.from(double, { value: 2 }));
  return writer.toBytes();
}

const requests = [
  null,
  ...[
    '',
    'value',
    'field(nosuch)',
    'record[pipeline=true,queueSize=2]',
    'record[queueSize=x,process=true,block=true]',
  ].map((text) => parsePvRequest(text)),
];

// Few ids, so that requests meet operations in every state.
const sid = fc.integer({ min: 0, max: 5 });
const ioid = fc.integer({ min: 0, max: 4 });
const command: fc.Arbitrary<PvaClientCommand> = fc.oneof(
  fc.record({
    type: fc.constant('createChannel' as const),
    cid: fc.nat(5),
    name: fc.constantFrom('d', 'e', 'w', 'late', 'rpc', 'server', 'none', ''),
  }),
  fc.record({ type: fc.constant('destroyChannel' as const), sid, cid: fc.nat(5) }),
  fc.record({
    type: fc.constant('init' as const),
    command: fc.constantFrom(10, 11, 12, 13, 14, 16, 20),
    sid,
    ioid,
    subcommand: fc.constant(8),
    pvRequest: fc.constantFrom(...requests),
    freeCount: fc.constant(-1),
  }),
  fc.record({
    type: fc.constant('init' as const),
    command: fc.constant(13),
    sid,
    ioid,
    subcommand: fc.constant(0x88),
    pvRequest: fc.constantFrom(...requests),
    freeCount: fc.nat(5),
  }),
  fc.record({
    type: fc.constant('execute' as const),
    command: fc.constantFrom(10, 11, 12, 14, 16),
    sid,
    ioid,
    subcommand: fc.constantFrom(0, 0x10, 0x40, 0x50, 0x80),
    body: fc.constant(putBody()),
  }),
  fc.record({
    type: fc.constant('monitor' as const),
    sid,
    ioid,
    subcommand: fc.constantFrom(0x44, 0x04, 0x10),
    freeCount: fc.constant(-1),
  }),
  fc.record({
    type: fc.constant('monitor' as const),
    sid,
    ioid,
    subcommand: fc.constantFrom(0x80, 0xc4),
    freeCount: fc.nat(9),
  }),
  fc.record({
    type: fc.constant('rpc' as const),
    sid,
    ioid,
    subcommand: fc.constantFrom(0, 0x10),
    args: fc.constantFrom(null, Value.from(structType('', { op: 'string' }), { op: 'channels' })),
  }),
  fc.record({ type: fc.constant('getField' as const), sid, ioid, path: fc.constantFrom('', 'value', 'x') }),
  fc.record({ type: fc.constantFrom('destroyRequest' as const, 'cancelRequest' as const), sid, ioid }),
);

describe('a PVA server', () => {
  it('takes any order of well-formed requests: it answers or refuses, forgets all at the end, and disturbs nobody', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { minLength: 5, maxLength: 60 }),
        fc.nat(60),
        async (commands, opensAt) => {
          const bench = await Bench.started();
          const pv = bench.add('d', Value.from(double, { value: 1 }));
          bench.add('e', Value.from(ntEnumType(), { value: { index: 0, choices: ['a', 'b'] } }));
          bench.add('w', Value.from(ntScalarArrayType('double'), { value: new Float64Array(600) }));
          bench.server.add('rpc', new SharedPv({ call: () => Promise.resolve(null) }));
          const late = new SharedPv();
          bench.server.add('late', late);
          const good = await bench.client();
          const monitor = await good.monitor('d');
          monitor.start();
          const wild = await bench.client();
          for (const [i, next] of commands.entries()) {
            writeClientCommand(wild.connection, next);
            if (i % 5 === 4) {
              pv.post({ value: i });
              await wild.settle(1);
            }
            if (i === opensAt) late.open(Value.from(double, { value: 3 }));
          }
          await wild.settle();
          // A PUT body that fits one type need not fit another: that alone may end the connection.
          const faults = bench.log.lines.filter((line) => line.level === 'error');
          expect(faults).toEqual([]);
          expect((await good.get('d')).get('value')).toEqual(monitor.values().at(-1));
          wild.transport.destroy();
          await good.settle();
          expect(bench.server.stats()).toMatchObject({ connections: 1, channels: 2, operations: 1, pvs: 1 });
          await bench.run(bench.server.close());
          expect(bench.server.stats()).toMatchObject({ connections: 0, channels: 0, operations: 0, pvs: 0 });
        },
      ),
      runs,
    );
  });
});
