import { describe, expect, test } from 'vitest';
import {
  CaCircuit,
  type CaCommand,
  type CircuitOptions,
  CommandRecorder,
  circuitRules,
  DBR_DOUBLE,
  DBR_TIME_DOUBLE,
  ECA_DEFUNCT,
  ECA_INTERNAL,
  ECA_NORMAL,
  ECA_TOLARGE,
  writeCommand,
  writeHeader,
} from '../../../../src/ca/core/index.ts';
import { fromHex, toHex } from '../../../../src/testing/index.ts';
import {
  BlockPool,
  BytesWriter,
  encodeUtf8,
  isEpicsError,
  ProtocolMisuseError,
  SendBuffer,
} from '../../../../src/util/index.ts';
import { expectSameForAllSplits } from '../../../helpers/split.ts';

const HELLO = '000000000000000d0000000000000000';

function serverEnd(options?: CircuitOptions): readonly [CaCircuit, CommandRecorder] {
  const recorder = new CommandRecorder();
  return [new CaCircuit('server', recorder, new SendBuffer(new BlockPool()), options), recorder];
}
function clientEnd(options?: CircuitOptions): readonly [CaCircuit, CommandRecorder] {
  const recorder = new CommandRecorder();
  return [new CaCircuit('client', recorder, new SendBuffer(new BlockPool()), options), recorder];
}
/** What a server wrote, as a client understands it. */
function answers(server: CaCircuit): CommandRecorder['commands'] {
  const [client, recorder] = clientEnd();
  client.receive(server.out.toBytes());
  server.out.clear();
  return recorder.commands;
}
function message(
  command: number,
  dataType: number,
  count: number,
  p1: number,
  p2: number,
  payload: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const w = new BytesWriter(64, false);
  writeHeader(w, command, dataType, count, p1, p2, payload.length);
  w.raw(payload);
  return w.toBytes();
}
const padded = (text: string, size: number): Uint8Array => {
  const bytes = new Uint8Array(size);
  bytes.set(encodeUtf8(text));
  return bytes;
};

describe('a circuit joined client to server', () => {
  test('carries a session in both directions, whatever the chunks (ARC-S-10)', () => {
    const [client] = clientEnd();
    client.version(20);
    client.clientName('operator');
    client.hostName('console');
    client.createChannel(1, 'SR:CURRENT');
    client.eventAdd(1, 7, DBR_TIME_DOUBLE, 0, 5);
    client.readNotify(1, 8, DBR_DOUBLE, 1);
    client.write(1, 1, DBR_DOUBLE, 1, fromHex('4004000000000000'));
    client.writeNotify(1, 9, 0, 1, encodeUtf8('2.5\0'));
    client.search(3, 'ANOTHER:PV', true);
    client.eventsOff();
    client.eventsOn();
    client.eventCancel(1, 7, DBR_TIME_DOUBLE, 0);
    client.clearChannel(1, 1);
    client.echo();
    const received = expectSameForAllSplits(client.out.toBytes(), () => {
      const [server, recorder] = serverEnd();
      return {
        feed: (chunk) => server.receive(chunk),
        result: () => ({ commands: recorder.commands, replies: toHex(server.out.toBytes()) }),
      };
    });
    expect(received.commands.map((command) => command.type)).toEqual([
      'version',
      'clientName',
      'hostName',
      'createChannelRequest',
      'eventAddRequest',
      'readNotifyRequest',
      'writeRequest',
      'writeNotifyRequest',
      'searchRequest',
      'eventsOff',
      'eventsOn',
      'eventCancelRequest',
      'clearChannelRequest',
    ]);
    expect(received.commands[0]).toEqual({ type: 'version', priority: 20, minor: 13 });
    // ECHO is answered by the circuit itself.
    expect(received.replies).toBe('00170000000000000000000000000000');
  });

  test('carries replies of a server, whatever the chunks', () => {
    const [server] = serverEnd();
    server.receive(fromHex(HELLO));
    server.version();
    server.accessRights(1, 3);
    server.createChannelReply(1, 2, DBR_DOUBLE, 100000);
    server.eventAddReply(7, DBR_DOUBLE, 2, ECA_NORMAL, fromHex('3ff00000000000004000000000000000'));
    server.readNotifyReply(8, DBR_DOUBLE, 1, 152, new Uint8Array(8));
    server.readReply(1, 9, DBR_DOUBLE, 1, new Uint8Array(3));
    server.writeNotifyReply(9, 0, 1, 160);
    server.searchReply(3, 5064, 0x7f000001);
    server.createFailed(4);
    server.serverDisconnect(5);
    server.clearChannelReply(2, 1);
    const received = expectSameForAllSplits(server.out.toBytes(), () => {
      const [client, recorder] = clientEnd();
      return { feed: (chunk) => client.receive(chunk), result: () => recorder.commands };
    });
    expect(received.map((command) => command.type)).toEqual([
      'version',
      'accessRights',
      'createChannel',
      'eventAdd',
      'readNotify',
      'read',
      'writeNotify',
      'search',
      'createFailed',
      'serverDisconnect',
      'clearChannel',
    ]);
    expect(received[2]).toMatchObject({ dbrType: DBR_DOUBLE, count: 100000 });
    // CA-W1: every payload is padded to a multiple of 8 with zeros.
    expect(received[5]).toMatchObject({ payload: new Uint8Array(8) });
  });
});

describe('framing', () => {
  test('CA-W2 uses the extended header from 0xffff bytes or elements on', () => {
    const [client, recorder] = clientEnd();
    const [server] = serverEnd();
    server.receive(fromHex(HELLO));
    server.readNotifyReply(1, 4, 0xfffe, ECA_NORMAL, new Uint8Array(0xfff0));
    expect(toHex(server.out.toBytes().subarray(0, 4))).toBe('000ffff0');
    client.receive(server.out.toBytes());
    server.out.clear();
    server.readNotifyReply(1, 4, 0xffff, ECA_NORMAL, new Uint8Array(0xfff8));
    expect(toHex(server.out.toBytes().subarray(0, 24))).toBe(
      '000fffff0004000000000001000000010000fff80000ffff',
    );
    client.receive(server.out.toBytes());
    expect(recorder.commands.map((command) => 'count' in command && command.count)).toEqual([0xfffe, 0xffff]);
  });

  test('CA-W3, CA-W4 takes an extended header by its size field alone, and one that was not necessary', () => {
    const [server, recorder] = serverEnd();
    // The short count holds garbage; 8 bytes and one element would have fitted the short header.
    server.receive(fromHex('0013ffff0006abcd000000020000000300000008000000014004000000000000'));
    expect(recorder.commands).toEqual([
      {
        type: 'writeNotifyRequest',
        sid: 2,
        ioid: 3,
        dbrType: 6,
        count: 1,
        payload: fromHex('4004000000000000'),
      },
    ]);
  });

  test('CA-W5 answers a payload size that is no multiple of 8 with ERROR and closes', () => {
    const [server, recorder] = serverEnd();
    server.receive(message(15, 6, 1, 1, 1, new Uint8Array(4)));
    expect(recorder.commands).toMatchObject([{ type: 'protocolError' }]);
    expect(server.state).toBe('closed');
    expect(answers(server)).toMatchObject([
      { type: 'error', eca: ECA_INTERNAL, request: { payloadBytes: 4 } },
    ]);
    server.receive(fromHex(HELLO));
    expect(recorder.commands).toHaveLength(1);
  });

  test('CA-V23 skips a payload over the limit with ERROR TOLARGE and goes on', () => {
    const [server, recorder] = serverEnd({ maxPayloadBytes: 64 });
    server.receive(message(19, 6, 100, 1, 1, new Uint8Array(800)));
    server.receive(fromHex(HELLO));
    expect(recorder.commands).toEqual([{ type: 'version', priority: 0, minor: 13 }]);
    expect(answers(server)).toMatchObject([{ type: 'error', eca: ECA_TOLARGE }]);
  });

  test('CA-V24 closes on a payload that is beyond all limits, without keeping any of it', () => {
    const [server, recorder] = serverEnd({ maxMessageBytes: 1024 });
    server.receive(fromHex('0013ffff000600000000000200000003fffffff8ffffffff'));
    expect(recorder.commands).toMatchObject([{ type: 'protocolError' }]);
    expect(answers(server)).toMatchObject([
      { type: 'error', eca: ECA_TOLARGE, request: { isExtended: true } },
    ]);
  });

  test('a client is told of a payload over its limit and keeps the circuit', () => {
    const [client, recorder] = clientEnd({ maxPayloadBytes: 64 });
    client.receive(message(15, 6, 100, 1, 5, new Uint8Array(800)));
    client.receive(message(26, 0, 0, 4, 0));
    expect(recorder.commands).toMatchObject([
      { type: 'tooLarge', header: { p2: 5 } },
      { type: 'createFailed', cid: 4 },
    ]);
  });

  test('a pause keeps the rest of the chunk until the circuit goes on', () => {
    const [server, recorder] = serverEnd();
    const two = new Uint8Array([...message(8, 0, 0, 0, 0), ...message(9, 0, 0, 0, 0)]);
    recorder.onEventsOff = () => {
      recorder.commands.push({ type: 'eventsOff' });
      server.pause();
    };
    server.receive(two);
    server.receive(message(8, 0, 0, 0, 0));
    expect(recorder.take()).toEqual([{ type: 'eventsOff' }]);
    server.resume();
    // The third message pauses again.
    expect(recorder.take()).toEqual([{ type: 'eventsOn' }, { type: 'eventsOff' }]);
    expect(server.isPaused).toBe(true);
    server.resume();
    server.receive(message(9, 0, 0, 0, 0));
    expect(recorder.take()).toEqual([{ type: 'eventsOn' }]);
  });
});

describe('versions', () => {
  test('CA-W12 takes any minor from 4 on, clipped to ours', () => {
    const [server, recorder] = serverEnd();
    server.receive(message(0, 0, 99, 0, 0));
    expect(recorder.commands).toEqual([{ type: 'version', priority: 0, minor: 13 }]);
    expect(server.minor).toBe(13);
  });

  test('CA-W12 refuses an older client with ERROR DEFUNCT and closes', () => {
    const [server, recorder] = serverEnd();
    server.receive(message(0, 0, 3, 0, 0));
    expect(recorder.commands).toMatchObject([{ type: 'protocolError' }]);
    expect(answers(server)).toMatchObject([{ type: 'error', eca: ECA_DEFUNCT }]);
  });

  test('an older client that creates a channel without VERSION is refused too', () => {
    const [server, recorder] = serverEnd();
    server.receive(message(18, 0, 0, 1, 3, padded('PV', 8)));
    expect(recorder.commands).toMatchObject([{ type: 'protocolError' }]);
    expect(answers(server)).toMatchObject([{ type: 'error', cid: 1, eca: ECA_DEFUNCT }]);
  });

  test('CA-W13 without VERSION the minor comes from CREATE_CHAN', () => {
    const [server, recorder] = serverEnd();
    server.receive(message(18, 0, 0, 1, 11, padded('PV', 8)));
    expect(server.minor).toBe(11);
    expect(recorder.commands).toMatchObject([{ type: 'createChannelRequest', name: 'PV' }]);
  });

  test('CA-W14 VERSION may come again, with the sequence flag of a search datagram', () => {
    const [server, recorder] = serverEnd();
    server.receive(fromHex(HELLO));
    server.receive(message(0, 1, 13, 0x11223344, 0));
    expect(recorder.commands).toHaveLength(2);
    expect(server.state).toBe('open');
  });

  test('CA-W14 a priority above 99 closes the circuit', () => {
    const [server, recorder] = serverEnd();
    server.receive(message(0, 100, 13, 0, 0));
    expect(recorder.commands).toMatchObject([{ type: 'protocolError' }]);
    expect(server.state).toBe('closed');
  });

  test('CA-W8 older clients are offered at most 0xfffe elements, and get no extended header', () => {
    const [server] = serverEnd();
    server.receive(message(0, 0, 8, 0, 0));
    server.createChannelReply(1, 2, DBR_DOUBLE, 100000);
    expect(answers(server)).toMatchObject([{ type: 'createChannel', count: 0xfffe }]);
    expect(server.canCarry(0xfff8, 1)).toBe(true);
    expect(server.canCarry(0x10000, 1)).toBe(false);
    expect(() => server.readNotifyReply(1, 4, 70000, ECA_NORMAL, new Uint8Array(70000))).toThrow(
      ProtocolMisuseError,
    );
  });
});

describe('requests that no server could serve are answered by the circuit', () => {
  test('an unknown command gets ERROR INTERNAL that quotes it, and its payload is skipped', () => {
    const [server, recorder] = serverEnd();
    server.receive(message(77, 1, 2, 3, 4, new Uint8Array(16)));
    server.receive(fromHex(HELLO));
    expect(recorder.commands).toHaveLength(1);
    expect(answers(server)).toMatchObject([
      { type: 'error', cid: 0xffffffff, eca: ECA_INTERNAL, request: { command: 77, p1: 3, p2: 4 } },
    ]);
  });

  test('more than ten unknown commands in a row close the circuit', () => {
    const [server, recorder] = serverEnd();
    for (let i = 0; i < 10; i++) server.receive(message(77, 0, 0, 0, 0));
    server.receive(fromHex(HELLO));
    for (let i = 0; i < 10; i++) server.receive(message(25, 0, 0, 0, 0));
    expect(server.state).toBe('open');
    server.receive(message(77, 0, 0, 0, 0));
    expect(server.state).toBe('closed');
    expect(recorder.commands.at(-1)).toMatchObject({ type: 'protocolError' });
  });

  test.each([
    ['empty', new Uint8Array(8)],
    ['without NUL', encodeUtf8('12345678')],
    ['longer than 16 KiB', padded('x'.repeat(16 * 1024), 16 * 1024 + 8)],
  ])('a channel name that is %s gets CREATE_CH_FAIL', (_what, payload) => {
    const [server, recorder] = serverEnd();
    server.receive(fromHex(HELLO));
    server.receive(message(18, 0, 0, 5, 13, payload));
    expect(recorder.commands).toHaveLength(1);
    expect(answers(server)).toEqual([{ type: 'createFailed', cid: 5 }]);
  });

  test('CA-W17 a search name needs no NUL, and an empty one is ignored', () => {
    const [server, recorder] = serverEnd();
    server.receive(message(6, 5, 13, 1, 2, encodeUtf8('12345678')));
    server.receive(message(6, 5, 13, 1, 2, new Uint8Array(8)));
    expect(recorder.commands).toEqual([
      { type: 'searchRequest', cid: 2, minor: 13, wantsNotFound: false, name: '12345678' },
    ]);
  });

  test.each([
    ['user', 20],
    ['host', 21],
  ])('CA-W21 a %s name without NUL or beyond 512 bytes gets ERROR and is not taken', (_what, command) => {
    const [server, recorder] = serverEnd();
    server.receive(message(command, 0, 0, 0, 0, encodeUtf8('12345678')));
    server.receive(message(command, 0, 0, 0, 0, padded('x'.repeat(500), 520)));
    expect(recorder.commands).toEqual([]);
    expect(answers(server)).toMatchObject([
      { type: 'error', eca: ECA_INTERNAL },
      { type: 'error', eca: ECA_INTERNAL },
    ]);
  });

  test('ECHO comes back whole, payload included', () => {
    const [server] = serverEnd();
    const echo = message(23, 1, 2, 3, 4, encodeUtf8('12345678'));
    server.receive(echo);
    expect(toHex(server.out.toBytes())).toBe(toHex(echo));
  });

  test('an EVENT_ADD that is too short for a mask is delivered with mask -1', () => {
    const [server, recorder] = serverEnd();
    server.receive(message(1, 6, 1, 1, 2, new Uint8Array(8)));
    expect(recorder.commands).toMatchObject([{ type: 'eventAddRequest', mask: -1 }]);
  });
});

describe('ERROR', () => {
  test('CA-W20 quotes an extended header in its 24 bytes and keeps the payload within 512', () => {
    const [server] = serverEnd();
    const request = {
      command: 4,
      payloadBytes: 0x20000,
      dataType: 6,
      count: 0x4000,
      p1: 1,
      p2: 2,
      isExtended: true,
    };
    server.error(9, 160, request, 'x'.repeat(1000));
    const bytes = server.out.toBytes();
    expect(bytes.length).toBe(16 + 512);
    expect(answers(server)).toEqual([
      { type: 'error', cid: 9, eca: 160, request, text: 'x'.repeat(512 - 24 - 1) },
    ]);
  });

  test('with a truncated header is ignored by clients', () => {
    const [client, recorder] = clientEnd();
    client.receive(message(11, 0, 0, 1, 160, new Uint8Array(8)));
    expect(recorder.commands).toEqual([]);
    expect(client.state).toBe('open');
  });
});

describe('a cancelled subscription', () => {
  test('CA-W19, CA-T7 drops late updates until the confirmation, whatever its p1', () => {
    const [client, recorder] = clientEnd();
    client.eventAdd(1, 7, DBR_DOUBLE, 0, 5);
    client.eventCancel(1, 7, DBR_DOUBLE, 0);
    client.receive(message(1, 6, 1, ECA_NORMAL, 7, new Uint8Array(8)));
    client.receive(message(1, 6, 1, ECA_NORMAL, 8, new Uint8Array(8)));
    client.receive(message(1, 6, 0, 1, 7));
    expect(recorder.commands).toMatchObject([
      { type: 'eventAdd', subscriptionId: 8 },
      { type: 'eventCancelled', subscriptionId: 7 },
    ]);
  });

  test('CA-G4 an empty message for a live subscription is an update without elements', () => {
    const [client, recorder] = clientEnd();
    client.eventAdd(1, 7, DBR_DOUBLE, 0, 5);
    client.receive(message(1, 6, 0, ECA_NORMAL, 7));
    expect(recorder.commands).toMatchObject([{ type: 'eventAdd', count: 0, payload: new Uint8Array(0) }]);
  });
});

describe('misuse and closing', () => {
  test('a role cannot send messages of the other one', () => {
    const [server] = serverEnd();
    const [client] = clientEnd();
    for (const misuse of [() => server.eventAdd(1, 1, 6, 1, 5), () => client.accessRights(1, 3)]) {
      expect(misuse).toThrow(ProtocolMisuseError);
    }
    try {
      client.createFailed(1);
    } catch (error) {
      expect(isEpicsError(error, 'EPICS_MISUSE')).toBe(true);
    }
  });

  test('ARC-S-5 a handler may close the circuit: the rest of the chunk is ignored', () => {
    const [server, recorder] = serverEnd();
    recorder.onEventsOff = () => server.close();
    server.receive(new Uint8Array([...message(8, 0, 0, 0, 0), ...fromHex(HELLO)]));
    expect(recorder.commands).toEqual([]);
    expect(server.state).toBe('closed');
  });

  test('a client counts unknown commands of its server and closes after ten in a row', () => {
    const [client, recorder] = clientEnd();
    for (let i = 0; i < 11; i++) client.receive(message(2, 0, 0, 0, 0));
    expect(recorder.commands).toMatchObject([{ type: 'protocolError' }]);
  });

  test('nothing is legal in a closed circuit', () => {
    expect(circuitRules.client.closed).toEqual([]);
    expect(circuitRules.server.closed).toEqual([]);
  });
});

describe('liveness of a server', () => {
  test('CA-T3 probes after silence, reports no answer, and recovers by a second probe', () => {
    const [client, recorder] = clientEnd({ idleMs: 3000, probeMs: 5000 });
    client.watch.start(0);
    expect(client.nextDeadline).toBe(3000);
    client.tick(2999);
    expect(client.out.byteLength).toBe(0);
    client.tick(3000);
    expect(toHex(client.out.toBytes())).toBe('00170000000000000000000000000000');
    client.tick(8000);
    expect(recorder.take()).toEqual([{ type: 'unresponsive' }]);
    expect(client.out.byteLength).toBe(32);
    expect(client.nextDeadline).toBe(Number.POSITIVE_INFINITY);
    client.receive(message(23, 0, 0, 0, 0), 20_000);
    expect(recorder.take()).toEqual([{ type: 'echo' }]);
    client.receive(message(23, 0, 0, 0, 0), 20_100);
    expect(recorder.take()).toEqual([{ type: 'responsive' }, { type: 'echo' }]);
    expect(client.nextDeadline).toBe(23_100);
  });

  test('traffic puts the probe off', () => {
    const [client] = clientEnd({ idleMs: 3000 });
    client.watch.start(0);
    client.receive(message(26, 0, 0, 1, 0), 2500);
    expect(client.nextDeadline).toBe(5500);
  });

  test('before 4.3 the probe is READ_SYNC', () => {
    const [client] = clientEnd({ idleMs: 3000 });
    client.assumeMinor(2);
    client.watch.start(0);
    client.tick(3000);
    expect(toHex(client.out.toBytes()).slice(0, 4)).toBe('000a');
  });
});

describe('commands as objects', () => {
  test('ARC-S-2 replies written from objects are heard as these objects', () => {
    const replies: CaCommand[] = [
      { type: 'accessRights', cid: 1, rights: 3 },
      { type: 'createFailed', cid: 4 },
      { type: 'eventCancelled', subscriptionId: 7 },
      { type: 'writeNotify', ioid: 9, dbrType: DBR_DOUBLE, count: 1, status: ECA_NORMAL },
      { type: 'serverDisconnect', cid: 1 },
      { type: 'echo' },
    ];
    const [client, recorder] = clientEnd();
    client.eventAdd(1, 7, DBR_TIME_DOUBLE, 0, 5);
    client.eventCancel(1, 7, DBR_TIME_DOUBLE, 0);
    const [server] = serverEnd();
    for (const reply of replies) writeCommand(server, reply);
    client.receive(server.out.toBytes());
    expect(recorder.commands).toEqual(replies);
  });

  test('what is no message cannot be written', () => {
    const [server] = serverEnd();
    for (const type of ['unresponsive', 'responsive'] as const) {
      expect(() => writeCommand(server, { type })).toThrow(ProtocolMisuseError);
    }
  });
});

test('a client of version 4.5, which knows no CREATE_CH_FAIL, is dropped for a bad channel name', () => {
  const [server, recorder] = serverEnd();
  server.receive(message(18, 0, 0, 5, 5, padded('\0', 8)));
  expect(server.state).toBe('closed');
  expect(recorder.commands.at(-1)?.type).toBe('protocolError');
});

describe('a handler that fails', () => {
  class Failing extends CommandRecorder {
    override onReadNotify(...args: Parameters<CommandRecorder['onReadNotify']>): void {
      const payload = args[4];
      if (payload.remaining === 0) throw new Error('bug');
      // More than there is.
      for (let i = 0; i < 3; i++) payload.f64();
    }
  }
  const setUp = (): readonly [CaCircuit, CommandRecorder] => {
    const recorder = new Failing();
    const client = new CaCircuit('client', recorder, new SendBuffer(new BlockPool()));
    client.readNotify(1, 8, DBR_DOUBLE, 1);
    return [client, recorder];
  };

  test('by reading beyond the payload has found a violation of the protocol', () => {
    const [client, recorder] = setUp();
    client.receive(message(15, DBR_DOUBLE, 1, ECA_NORMAL, 8, new Uint8Array(8)));
    expect(client.state).toBe('closed');
    expect(recorder.commands.at(-1)?.type).toBe('protocolError');
  });

  test('by a bug of its own hears of it', () => {
    const [client] = setUp();
    expect(() => client.receive(message(15, DBR_DOUBLE, 0, ECA_NORMAL, 8))).toThrow('bug');
  });
});
