import { expect, test } from 'vitest';
import {
  CaCircuit,
  CommandRecorder,
  DBR_TYPE_COUNT,
  decodeDbr,
  decodeSnapshot,
  readBeacons,
  readPayloadText,
  readSearchReplies,
  readSearchRequests,
} from '../../src/ca/core/index.ts';
import { emptyMetadata, makeScalarType } from '../../src/pv/index.ts';
import { BytesReader, isEpicsError, SendBuffer } from '../../src/util/index.ts';
import { randomChunks } from '../helpers/split.ts';
import { fuzz } from './effort.ts';
import { datagrams, type End, Mutator, seedsOf } from './mutate.ts';

const GROWTH_MIB = 24;
const MAX_PAYLOAD = 64 * 1024;

/** An ERROR message quotes a request of 16 bytes in up to 528: this is what may be answered per byte. */
const ANSWER_PER_BYTE = 34;

function check(from: End, stream: Uint8Array, run: number): void {
  const recorder = new CommandRecorder();
  const out = new SendBuffer();
  const options = run % 2 === 0 ? {} : { maxPayloadBytes: MAX_PAYLOAD };
  const circuit =
    from === 'client'
      ? new CaCircuit('server', recorder, out, options)
      : new CaCircuit('client', recorder, out, options);
  for (const chunk of randomChunks(stream, run)) {
    circuit.receive(chunk);
    chunk.fill(0xa5);
  }
  const faults = recorder.commands.filter((command) => command.type === 'protocolError');
  if (faults.length !== (circuit.state === 'closed' ? 1 : 0)) throw new Error(`${faults.length} faults`);
  for (const fault of faults) {
    if (fault.type !== 'protocolError') continue;
    if (!isEpicsError(fault.error, 'EPICS_PROTOCOL') || fault.error.cause !== undefined) throw fault.error;
    if (recorder.commands.at(-1) !== fault) throw new Error('something was heard after the violation');
  }
  for (const command of recorder.commands) {
    if ('payload' in command && command.payload.length > stream.length)
      throw new Error('a payload from nowhere');
  }
  if (out.byteLength > ANSWER_PER_BYTE * stream.length + 64) {
    throw new Error(`${stream.length} bytes were answered by ${out.byteLength}`);
  }
}

test.each(['client', 'server'] as const)(
  'CA-R3 mutated sessions of a %s end in silence or one violation, and memory stays',
  async (from) => {
    const kind = seedsOf('ca', from);
    const { runs, grownMib } = await fuzz((run) => check(from, new Mutator(run).session(kind), run));
    expect(runs).toBeGreaterThan(100);
    expect(grownMib).toBeLessThan(GROWTH_MIB);
  },
);

const elements = ['float64', 'int32', 'string', 'uint8', 'enum'] as const;

test('CA-R3 any payload is a value of any type and count, or refused', async () => {
  const kind = [...seedsOf('ca', 'server'), ...seedsOf('ca', 'client')];
  const { runs, grownMib } = await fuzz((run) => {
    const mutator = new Mutator(run);
    const message = mutator.pick(mutator.pick(kind).messages);
    const bytes = run % 4 === 0 ? mutator.noise(300) : mutator.bytes(message.subarray(16));
    const dbrType = mutator.below(DBR_TYPE_COUNT);
    const count = mutator.pick([0, 1, 2, mutator.below(40), 0xffff, 0x7fffffff, 0xffffffff]);
    const type = makeScalarType(mutator.pick(elements), { isArray: run % 2 === 0 });
    const decoders = [
      (r: BytesReader) => decodeDbr(r, dbrType, count, 'latin1'),
      (r: BytesReader) => decodeSnapshot(r, dbrType, count, type, emptyMetadata),
    ];
    for (const decode of decoders) {
      const reader = new BytesReader(bytes, false);
      try {
        decode(reader);
      } catch (error) {
        if (!isEpicsError(error)) throw error;
      }
      if (reader.position > bytes.length) throw new Error('read beyond the end');
    }
  });
  expect(runs).toBeGreaterThan(100);
  expect(grownMib).toBeLessThan(GROWTH_MIB);
});

test('CA-R3 any datagram is read or dropped', async () => {
  const ignore = (): void => undefined;
  const { runs } = await fuzz((run) => {
    const mutator = new Mutator(run);
    const bytes = run % 3 === 0 ? mutator.noise(200) : mutator.bytes(mutator.pick(datagrams));
    readSearchRequests(bytes, { onSearchRequest: ignore });
    readSearchReplies(bytes, { onSearchReply: ignore });
    readBeacons(bytes, { onBeacon: ignore, onRepeaterConfirm: ignore });
    readPayloadText(bytes, 0, bytes.length);
  });
  expect(runs).toBeGreaterThan(100);
});
