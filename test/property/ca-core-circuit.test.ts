import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CaCircuit,
  type CaCommand,
  CommandRecorder,
  type MessageHeader,
  writeCommand,
} from '../../src/ca/core/index.ts';
import { fromHex } from '../../src/testing/index.ts';
import { isEpicsError, SendBuffer } from '../../src/util/index.ts';

const id = fc.integer({ min: 0, max: 0xffffffff });
const dbrType = fc.integer({ min: 0, max: 0xffff });
const count = fc.oneof(fc.integer({ min: 0, max: 0xfffe }), fc.integer({ min: 0, max: 0xffffffff }));
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 80 })
  .filter((text) => !text.includes('\0'));
const identity = fc.string({ maxLength: 60 }).filter((text) => !text.includes('\0'));
const payload = fc
  .uint8Array({ maxLength: 200 })
  .map((bytes) => bytes.slice(0, bytes.length - (bytes.length % 8)));

const clientCommand: fc.Arbitrary<CaCommand> = fc.oneof(
  fc.record({ type: fc.constant('clientName' as const), name: identity }),
  fc.record({ type: fc.constant('hostName' as const), name: identity }),
  fc.record({
    type: fc.constant('searchRequest' as const),
    cid: id,
    minor: fc.constant(13),
    wantsNotFound: fc.boolean(),
    name,
  }),
  fc.record({ type: fc.constant('createChannelRequest' as const), cid: id, minor: fc.constant(13), name }),
  fc.record({ type: fc.constant('clearChannelRequest' as const), sid: id, cid: id }),
  fc.record({
    type: fc.constant('eventAddRequest' as const),
    sid: id,
    subscriptionId: id,
    dbrType,
    count,
    mask: fc.integer({ min: 0, max: 0xffff }),
  }),
  fc.record({
    type: fc.constant('eventCancelRequest' as const),
    sid: id,
    subscriptionId: id,
    dbrType,
    count,
  }),
  fc.record({ type: fc.constantFrom('eventsOff' as const, 'eventsOn' as const) }),
  fc.record({
    type: fc.constantFrom('readRequest' as const, 'readNotifyRequest' as const),
    sid: id,
    ioid: id,
    dbrType,
    count,
  }),
  fc.record({ type: fc.constant('writeRequest' as const), sid: id, cid: id, dbrType, count, payload }),
  fc.record({ type: fc.constant('writeNotifyRequest' as const), sid: id, ioid: id, dbrType, count, payload }),
);

const header: fc.Arbitrary<MessageHeader> = fc
  .record({
    command: fc.integer({ min: 0, max: 0xffff }),
    payloadBytes: fc.integer({ min: 0, max: 0xfff0 }).map((bytes) => bytes - (bytes % 8)),
    dataType: dbrType,
    count: fc.integer({ min: 0, max: 0xfffe }),
    p1: id,
    p2: id,
  })
  .map((fields) => ({ ...fields, isExtended: false }));

const serverCommand: fc.Arbitrary<CaCommand> = fc.oneof(
  fc.record({ type: fc.constant('accessRights' as const), cid: id, rights: id }),
  fc.record({ type: fc.constant('createChannel' as const), cid: id, sid: id, dbrType, count }),
  fc.record({ type: fc.constantFrom('createFailed' as const, 'serverDisconnect' as const), cid: id }),
  fc.record({ type: fc.constant('clearChannel' as const), sid: id, cid: id }),
  fc.record({
    type: fc.constant('eventAdd' as const),
    subscriptionId: id,
    dbrType,
    count,
    status: id,
    payload,
  }),
  fc.record({ type: fc.constant('read' as const), cid: id, ioid: id, dbrType, count, payload }),
  fc.record({ type: fc.constant('readNotify' as const), ioid: id, dbrType, count, status: id, payload }),
  fc.record({ type: fc.constant('writeNotify' as const), ioid: id, dbrType, count, status: id }),
  fc.record({
    type: fc.constant('search' as const),
    cid: id,
    port: fc.integer({ min: 0, max: 65535 }),
    address: id,
  }),
  fc.record({ type: fc.constant('error' as const), cid: id, eca: id, request: header, text: identity }),
);

function open(role: 'client' | 'server', maxPayloadBytes = 1 << 20): readonly [CaCircuit, CommandRecorder] {
  const recorder = new CommandRecorder();
  const options = { maxPayloadBytes };
  const circuit =
    role === 'client'
      ? new CaCircuit('client', recorder, new SendBuffer(), options)
      : new CaCircuit('server', recorder, new SendBuffer(), options);
  return [circuit, recorder];
}

function feed(circuit: CaCircuit, stream: Uint8Array, cuts: readonly number[]): void {
  let at = 0;
  for (const cut of [...cuts].map((share) => Math.floor(share * stream.length)).sort((a, b) => a - b)) {
    circuit.receive(stream.slice(at, cut));
    at = cut;
  }
  circuit.receive(stream.slice(at));
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

describe('messages', () => {
  test.each([
    ['client', 'server', clientCommand],
    ['server', 'client', serverCommand],
  ] as const)(
    'of a %s are understood by a %s as they were meant, however they are cut',
    (from, to, command) => {
      fc.assert(
        fc.property(fc.array(command, { maxLength: 12 }), cuts, (commands, where) => {
          const [sender] = open(from);
          // The sender knows that its peer takes extended headers.
          const [hello] = open(to);
          hello.version();
          sender.receive(hello.out.toBytes());
          for (const each of commands) writeCommand(sender, each);
          const [receiver, recorder] = open(to);
          feed(receiver, sender.out.toBytes(), where);
          expect(recorder.commands).toEqual(commands);
        }),
      );
    },
  );
});

const path = new URL('../golden/ca-vectors.json', import.meta.url);
const golden = (JSON.parse(readFileSync(path, 'utf8')) as { vectors: { hex: string; dir: string }[] }).vectors
  .filter((vector) => vector.dir.includes('tcp'))
  .map((vector) => fromHex(vector.hex));

/** Recorded messages with some bytes changed. */
const mutated = fc
  .tuple(
    fc.array(fc.constantFrom(...golden), { minLength: 1, maxLength: 6 }),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
  )
  .map(([messages, changes]) => {
    const bytes = Uint8Array.from(messages.flatMap((message) => [...message]));
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return bytes;
  });

describe('CA-R3 whatever a peer sends', () => {
  test.each(['client', 'server'] as const)(
    'a %s throws nothing and ends with one violation at most',
    (role) => {
      fc.assert(
        fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 400 })), cuts, (bytes, where) => {
          const [circuit, recorder] = open(role, 4096);
          feed(circuit, bytes, where);
          const faults = recorder.commands.filter((command) => command.type === 'protocolError');
          expect(faults.length).toBe(circuit.state === 'closed' ? 1 : 0);
          for (const fault of faults) {
            if (fault.type === 'protocolError')
              expect(isEpicsError(fault.error, 'EPICS_PROTOCOL')).toBe(true);
          }
        }),
      );
    },
  );

  test('ARC-S-10 and the same happens however it is cut', () => {
    fc.assert(
      fc.property(mutated, cuts, (bytes, where) => {
        const [whole, wholeRecord] = open('server', 4096);
        whole.receive(bytes);
        const [cut, cutRecord] = open('server', 4096);
        feed(cut, bytes, where);
        expect(cutRecord.commands.map((command) => command.type)).toEqual(
          wholeRecord.commands.map((command) => command.type),
        );
        expect(cut.out.toBytes()).toEqual(whole.out.toBytes());
      }),
    );
  });
});
