import { describe, expect, test } from 'vitest';
import { CaCircuit, CommandRecorder, writeCommand } from '../../src/ca/core/index.ts';
import { writeClientCommand, writeServerCommand } from '../../src/pva/core/index.ts';
import { SendBuffer } from '../../src/util/index.ts';
import { type GoldenInteropSession, goldenInteropSessions } from '../helpers/golden-sessions.ts';
import { receiverMaker } from '../helpers/hear.ts';
import { expectReplay } from '../helpers/replay.ts';
import { RecordingClient, RecordingServer } from './pva/core/peers.ts';

const ends = ['client', 'server'] as const;
type End = (typeof ends)[number];

function circuit(role: End): readonly [CaCircuit, CommandRecorder] {
  const recorder = new CommandRecorder();
  const out = new SendBuffer();
  return [
    role === 'client' ? new CaCircuit('client', recorder, out) : new CaCircuit('server', recorder, out),
    recorder,
  ];
}

/** The messages of one end, decoded and written again. */
function rewrittenCa(session: GoldenInteropSession, from: End): Uint8Array {
  const [receiver, recorder] = circuit(from === 'client' ? 'server' : 'client');
  receiver.receive(session.bytesFrom(from));
  const [sender] = circuit(from);
  // The sender knows that its peer takes large arrays.
  sender.receive(session.bytesFrom(from === 'client' ? 'server' : 'client'));
  sender.out.clear();
  for (const command of recorder.commands) writeCommand(sender, command);
  return sender.out.toBytes();
}

function rewrittenPva(session: GoldenInteropSession, from: End): Uint8Array {
  if (from === 'client') {
    const server = new RecordingServer();
    server.feed(session.bytesFrom('client'));
    const sender = new RecordingClient();
    for (const command of server.commands) {
      if (command.type !== 'protocolError') writeClientCommand(sender.connection, command);
    }
    return sender.out.toBytes();
  }
  const client = new RecordingClient();
  client.feed(session.bytesFrom('server'));
  const sender = new RecordingServer();
  for (const command of client.commands) {
    if (command.type !== 'protocolError') writeServerCommand(sender.connection, command);
  }
  return sender.out.toBytes();
}

test('sessions with p4p, softioc, pyepics and caproto are on record, over both protocols and from both ends', () => {
  const kinds = new Set(goldenInteropSessions.map(({ protocol, ours }) => `${protocol} ${ours}`));
  expect(kinds).toEqual(new Set(['ca client', 'ca server', 'pva client', 'pva server']));
});

describe.each(goldenInteropSessions.map((session) => [session.name, session] as const))(
  '%s',
  (_name, session) => {
    test('ARC-S-10 is heard as it was when it was recorded, however it is split', () => {
      expect(expectReplay(session)).toEqual(session.heard);
    });

    test.each(ends)('what the %s said means the same when it is written again', (from) => {
      const bytes = session.protocol === 'ca' ? rewrittenCa(session, from) : rewrittenPva(session, from);
      const receiver = receiverMaker(session, from)();
      receiver.feed(bytes);
      expect(receiver.lines()).toEqual(session.heard[from]);
    });

    // Type caches aside, which we never use when we send, there is one way to write a message.
    test('ARC-T-3 what we said has the same bytes when it is written again', () => {
      const bytes =
        session.protocol === 'ca' ? rewrittenCa(session, session.ours) : rewrittenPva(session, session.ours);
      const sent = session.bytesFrom(session.ours);
      // SetEndian, a control message of eight bytes, is none that the recorder has.
      const skipped = session.protocol === 'pva' && session.ours === 'server' ? 8 : 0;
      expect(Buffer.from(bytes).toString('hex')).toBe(Buffer.from(sent.subarray(skipped)).toString('hex'));
    });
  },
);
