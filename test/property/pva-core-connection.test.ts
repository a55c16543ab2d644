import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type PvaClientCommand,
  type PvaServerCommand,
  writeClientCommand,
  writeServerCommand,
} from '../../src/pva/core/index.ts';
import { randomChunks } from '../helpers/split.ts';
import {
  goldenSessions,
  goldenStream,
  join,
  openPair,
  RecordingClient,
  RecordingServer,
  takeBytes,
} from '../unit/pva/core/peers.ts';

const runs = { numRuns: Number(process.env['FAST_CHECK_RUNS'] ?? 200) };

const streams = goldenSessions.flatMap((session) =>
  (['client', 'server'] as const).map((from) => ({ from, bytes: join(goldenStream(session, from)) })),
);

type Receiver = RecordingServer | RecordingClient;

function receiverFor(from: 'client' | 'server'): Receiver {
  return from === 'client' ? new RecordingServer() : new RecordingClient();
}

/** Feeds bytes and checks what must hold whatever they are. */
function feedAnything(receiver: Receiver, chunks: readonly Uint8Array[]): void {
  for (const chunk of chunks) receiver.feed(chunk);
  const faults = receiver.commands.filter((command) => command.type === 'protocolError');
  expect(faults.length).toBeLessThanOrEqual(1);
  if (faults.length === 1) {
    expect(receiver.commands.at(-1)).toBe(faults[0]);
    expect(receiver.connection.state).toBe('failed');
    expect((faults[0] as { message: string }).message).not.toMatch(/undefined|NaN|not a function|Invalid/);
  }
}

const uint32 = fc.integer({ min: 0, max: 0xffffffff });
const bytes = fc.uint8Array({ maxLength: 40 });
const name = fc.string({ unit: 'grapheme', maxLength: 60 });
const status = fc.record({
  type: fc.constantFrom(1, 2, 3) as fc.Arbitrary<1 | 2 | 3>,
  message: fc.string({ maxLength: 20 }),
  callTree: fc.string({ maxLength: 5 }),
});

const clientCommand: fc.Arbitrary<PvaClientCommand> = fc.oneof(
  fc.record({ type: fc.constant('echo' as const), body: bytes }),
  fc.record({ type: fc.constant('message' as const), ioid: uint32, level: fc.nat(3), text: name }),
  fc.record({ type: fc.constant('createChannel' as const), cid: uint32, name }),
  fc.record({ type: fc.constant('destroyChannel' as const), sid: uint32, cid: uint32 }),
  fc.record({ type: fc.constant('search' as const), body: bytes }),
  fc.record({
    type: fc.constant('init' as const),
    command: fc.constantFrom(10, 11, 12, 13, 14, 16, 20),
    sid: uint32,
    ioid: uint32,
    subcommand: fc.constant(8),
    pvRequest: fc.constant(null),
    freeCount: fc.constant(-1),
  }),
  fc.record({
    type: fc.constant('execute' as const),
    command: fc.constantFrom(11, 12, 14),
    sid: uint32,
    ioid: uint32,
    subcommand: fc.constantFrom(0, 0x10, 0x40, 0x50),
    body: bytes,
  }),
  fc.record({
    type: fc.constant('monitor' as const),
    sid: uint32,
    ioid: uint32,
    subcommand: fc.constantFrom(0x80, 0xc4, 0x90),
    freeCount: uint32,
  }),
  fc.record({
    type: fc.constantFrom('destroyRequest' as const, 'cancelRequest' as const),
    sid: uint32,
    ioid: uint32,
  }),
  fc.record({ type: fc.constant('getField' as const), sid: uint32, ioid: uint32, path: name }),
);

const serverCommand: fc.Arbitrary<PvaServerCommand> = fc.oneof(
  fc.record({ type: fc.constant('channelCreated' as const), cid: uint32, sid: uint32, status }),
  fc.record({ type: fc.constant('channelDestroyed' as const), sid: uint32, cid: uint32 }),
  fc.record({ type: fc.constant('aclChange' as const), cid: uint32, bits: fc.nat(7) }),
  fc.record({ type: fc.constant('searchResponse' as const), body: bytes }),
  fc.record({ type: fc.constant('update' as const), ioid: uint32, body: bytes }),
  fc.record({ type: fc.constant('finished' as const), ioid: uint32, status, body: bytes }),
  fc.record({
    type: fc.constant('reply' as const),
    command: fc.constantFrom(10, 11, 12, 14),
    ioid: uint32,
    subcommand: fc.constantFrom(0, 0x10, 0x40, 0x50),
    status,
    body: bytes,
  }),
);

describe('PVA connections', () => {
  it('any bytes at all end in silence or one protocol error, never in an exception', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('client' as const, 'server' as const),
        fc.array(fc.uint8Array(), { maxLength: 5 }),
        (from, chunks) => {
          feedAnything(receiverFor(from), chunks);
          const { client, server } = openPair();
          feedAnything(from === 'client' ? server : client, chunks);
        },
      ),
      runs,
    );
  });

  it('any message body is decoded or refused, never an exception', () => {
    fc.assert(
      fc.property(fc.nat(24), fc.boolean(), fc.uint8Array({ maxLength: 200 }), (command, isBig, body) => {
        const { client, server } = openPair();
        for (const [receiver, flags] of [
          [server, 0],
          [client, 0x40],
        ] as const) {
          const head = new Uint8Array(8 + body.length);
          head.set([0xca, 2, flags | (isBig ? 0x80 : 0), command]);
          new DataView(head.buffer).setUint32(4, body.length, !isBig);
          head.set(body, 8);
          feedAnything(receiver, [head]);
        }
      }),
      { numRuns: runs.numRuns * 5 },
    );
  });

  it('captured sessions with bytes changed, cut out or cut off are decoded or refused (PVA-L-14)', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...streams),
        fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.option(fc.tuple(fc.nat(2000), fc.nat(50)), { nil: undefined }),
        fc.nat(1000),
        ({ from, bytes: original }, flips, gap, seed) => {
          let stream: Uint8Array = original.slice();
          for (const [at, mask] of flips) {
            const index = at % stream.length;
            stream[index] = (stream[index] as number) ^ mask;
          }
          if (gap !== undefined) {
            const start = gap[0] % stream.length;
            stream = join([stream.subarray(0, start), stream.subarray(start + gap[1])]);
          }
          feedAnything(receiverFor(from), randomChunks(stream, seed + 1));
        },
      ),
      { numRuns: runs.numRuns * 3 },
    );
  });

  it('a session cut off at any byte gives what was whole, and no fault', () => {
    for (const { from, bytes: stream } of streams) {
      const whole = receiverFor(from);
      whole.feed(stream);
      for (let length = 0; length < stream.length; length += 7) {
        const receiver = receiverFor(from);
        receiver.feed(stream.slice(0, length));
        expect(receiver.commands).toEqual(whole.commands.slice(0, receiver.commands.length));
        expect(receiver.connection.isAlive).toBe(true);
      }
    }
  });

  it('every command of a client is heard as it was written, in both byte orders, however it is split', () => {
    fc.assert(
      fc.property(
        fc.array(clientCommand, { maxLength: 8 }),
        fc.boolean(),
        fc.nat(1000),
        (commands, little, seed) => {
          const { client, server } = openPair(little);
          for (const command of commands) writeClientCommand(client.connection, command);
          for (const chunk of randomChunks(takeBytes(client.out), seed)) server.feed(chunk);
          expect(server.commands).toEqual(commands);
        },
      ),
      runs,
    );
  });

  it('every command of a server is heard as it was written, in both byte orders, however it is split', () => {
    fc.assert(
      fc.property(
        fc.array(serverCommand, { maxLength: 8 }),
        fc.boolean(),
        fc.nat(1000),
        (commands, little, seed) => {
          const { client, server } = openPair(little);
          for (const command of commands) writeServerCommand(server.connection, command);
          for (const chunk of randomChunks(takeBytes(server.out), seed)) client.feed(chunk);
          expect(client.commands).toEqual(commands);
        },
      ),
      runs,
    );
  });
});
