import { expect, test } from 'vitest';
import {
  decodeBeacon,
  decodeSearchRequest,
  decodeSearchResponse,
  walkDatagram,
} from '../../src/pva/core/index.ts';
import { BytesReader, isEpicsError, type ProtocolError } from '../../src/util/index.ts';
import { DecodingClient, DecodingServer } from '../helpers/hear.ts';
import { randomChunks } from '../helpers/split.ts';
import { join } from '../unit/pva/core/peers.ts';
import { fuzz } from './effort.ts';
import { type End, Mutator, seedsOf } from './mutate.ts';

/** What a core may write of its own accord, beyond an answer of the same size to each message. */
const FREE_OUT = 4096;
const GROWTH_MIB = 24;

class FuzzedServer extends DecodingServer {
  readonly faults: ProtocolError[] = [];
  override onProtocolError(error: ProtocolError): void {
    super.onProtocolError(error);
    this.faults.push(error);
  }
}

class FuzzedClient extends DecodingClient {
  readonly faults: ProtocolError[] = [];
  override onProtocolError(error: ProtocolError): void {
    super.onProtocolError(error);
    this.faults.push(error);
  }
}

/** The types of puts, from what the servers of all sessions said. */
function putTypes(): DecodingClient['types'] {
  const all: DecodingClient['types'] = new Map();
  for (const seed of seedsOf('pva', 'server')) {
    const client = new DecodingClient();
    client.feed(join(seed.messages));
    for (const [ioid, types] of client.types) all.set(ioid, types);
  }
  return all;
}

const types = putTypes();

function check(from: End, stream: Uint8Array, run: number): void {
  const receiver = from === 'client' ? new FuzzedServer(types) : new FuzzedClient();
  for (const chunk of randomChunks(stream, run)) {
    receiver.feed(chunk);
    chunk.fill(0xa5);
  }
  const { faults, connection } = receiver;
  if (faults.length > 1) throw new Error(`${faults.length} faults`);
  for (const fault of faults) {
    // A cause says that our own code threw something that is no violation.
    if (fault.cause !== undefined) throw fault;
    if (!isEpicsError(fault, 'EPICS_PROTOCOL')) throw new Error(`no ProtocolError: ${String(fault)}`);
    if (connection.isAlive) throw new Error('the connection lives on after a violation');
    if (!receiver.lines().at(-1)?.startsWith('{"type":"protocolError"')) {
      throw new Error('something was heard after the violation');
    }
  }
  if (connection.out.byteLength > 2 * stream.length + FREE_OUT) {
    throw new Error(`${stream.length} bytes were answered by ${connection.out.byteLength}`);
  }
}

test.each(['client', 'server'] as const)(
  'PVA-L-14 mutated sessions of a %s end in silence or one violation, and memory stays',
  async (from) => {
    const kind = seedsOf('pva', from);
    const { runs, grownMib } = await fuzz((run) => check(from, new Mutator(run).session(kind), run));
    expect(runs).toBeGreaterThan(100);
    expect(grownMib).toBeLessThan(GROWTH_MIB);
  },
);

test('PVA-L-14 mutated search and beacon datagrams are read or refused', async () => {
  const kinds = [...seedsOf('pva', 'client'), ...seedsOf('pva', 'server')];
  const decoders = [decodeSearchRequest, decodeSearchResponse, decodeBeacon];
  const { runs } = await fuzz((run) => {
    const mutator = new Mutator(run);
    const message = mutator.pick(mutator.pick(kinds).messages);
    const bytes = run % 3 === 0 ? mutator.noise(200) : mutator.bytes(message);
    const visit = mutator.pick(decoders);
    walkDatagram(new BytesReader(bytes), bytes, (_header, body) => visit(body));
    for (const decode of decoders) {
      try {
        decode(new BytesReader(bytes.subarray(Math.min(8, bytes.length)), run % 2 === 0));
      } catch (error) {
        if (!isEpicsError(error, 'EPICS_PROTOCOL') && !isEpicsError(error, 'EPICS_LIMIT')) throw error;
      }
    }
  });
  expect(runs).toBeGreaterThan(100);
});
