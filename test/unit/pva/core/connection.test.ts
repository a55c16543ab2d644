import { describe, expect, it } from 'vitest';
import {
  CMD_GET,
  CMD_MONITOR,
  CMD_PUT,
  CMD_PUT_GET,
  CMD_RPC,
  errorStatus,
  makeStatus,
  okStatus,
} from '../../../../src/pva/core/index.ts';
import { parsePvRequest, structType, Value } from '../../../../src/pvdata/index.ts';
import { fromHex, toHex } from '../../../../src/testing/index.ts';
import { BitSet, BytesReader } from '../../../../src/util/index.ts';
import { expectSameForAllSplits } from '../../../helpers/split.ts';
import { exchange, join, openPair, RecordingClient, RecordingServer, takeBytes } from './peers.ts';

const greetingLe = fromHex('ca02410200000000');
const pointType = structType('', { x: 'double', name: 'string' });

function point(x: number, name: string): Value {
  return Value.from(pointType, { x, name });
}

/** A whole message from a client, little endian. */
function clientMessage(command: number, payloadHex: string, flags = 0): Uint8Array {
  const payload = fromHex(payloadHex);
  const size = payload.length;
  const head = Uint8Array.of(
    0xca,
    2,
    flags,
    command,
    size & 0xff,
    (size >> 8) & 0xff,
    (size >> 16) & 0xff,
    0,
  );
  return join([head, payload]);
}

describe('PvaServerConnection: greeting', () => {
  it('says its byte order and its methods first (PVA-W-37)', () => {
    const server = new RecordingServer();
    server.connection.greet(['anonymous', 'ca']);
    expect(toHex(takeBytes(server.out))).toBe(
      'ca02410200000000ca0240011400000000000100ff7f0209616e6f6e796d6f7573026361',
    );
  });

  it('in big endian order marks every header (PVA-W-4)', () => {
    const server = new RecordingServer({ littleEndian: false });
    server.connection.greet([]);
    expect(toHex(takeBytes(server.out))).toBe('ca02c10200000000ca02c00100000007000100007fff00');
  });

  it('takes `ca` without any data as unidentified (PVA-W-40)', () => {
    const server = new RecordingServer();
    server.feed(clientMessage(1, '00000100 ff7f 0000 02 6361'));
    expect(server.commands).toMatchObject([{ type: 'validation', method: 'ca', data: null }]);
  });

  it('a request before validation is a violation, a channel is not (PVA-W-42)', () => {
    const server = new RecordingServer();
    server.feed(clientMessage(7, '0100 07000000 0161'));
    expect(server.commands).toEqual([{ type: 'createChannel', cid: 7, name: 'a' }]);
    server.feed(clientMessage(CMD_GET, '01000000 02000000 00'));
    expect(server.commands[1]).toMatchObject({
      type: 'protocolError',
      message: 'GET: not allowed while the connection is greeting',
    });
    expect(server.connection.state).toBe('failed');
  });

  it('several names in one message are several channels (PVA-W-49)', () => {
    const { server } = openPair();
    server.feed(clientMessage(7, '0200 01000000 0161 02000000 0162'));
    expect(server.commands).toEqual([
      { type: 'createChannel', cid: 1, name: 'a' },
      { type: 'createChannel', cid: 2, name: 'b' },
    ]);
  });

  it('a name over the limit ends the connection', () => {
    const { server } = openPair();
    server.feed(clientMessage(7, `0100 01000000 fef5010000 ${'61'.repeat(501)}`));
    expect(server.commands).toMatchObject([{ type: 'protocolError' }]);
  });
});

describe('PvaConnection: both ends joined in memory', () => {
  it.each([true, false])(
    'every request and answer arrives as it was sent, little endian %s',
    (littleEndian) => {
      const { client, server } = openPair(littleEndian);
      const request = parsePvRequest('field(x)record[queueSize=9]');
      const toServer = client.connection;
      toServer.createChannel(1, 'some:pv');
      toServer.init(CMD_GET, 5, 6, request);
      toServer.init(CMD_MONITOR, 5, 7, request, 4);
      toServer.get(5, 6);
      toServer.get(5, 6, true);
      toServer.put(5, 8, point(1.5, 'a'));
      toServer.putGetOld(5, 8);
      toServer.putGet(5, 9, point(2.5, 'b'), BitSet.from([1]));
      toServer.putGetPeek(5, 9, 0x80);
      toServer.process(5, 10);
      toServer.rpc(5, 11, point(3.5, 'c'));
      toServer.rpc(5, 11, null, true);
      toServer.monitorStart(5, 7);
      toServer.monitorStop(5, 7);
      toServer.monitorAck(5, 7, 3);
      toServer.getField(5, 12, 'x');
      toServer.cancelRequest(5, 6);
      toServer.destroyRequest(5, 6);
      toServer.destroyChannel(5, 1);
      server.feed(takeBytes(client.out));
      expect(server.commands.map((command) => command.type)).toEqual([
        'createChannel',
        ...['init', 'init', 'execute', 'execute', 'execute', 'execute', 'execute', 'execute', 'execute'],
        ...['rpc', 'rpc', 'monitor', 'monitor', 'monitor', 'getField', 'cancelRequest', 'destroyRequest'],
        'destroyChannel',
      ]);
      expect(server.commands[2]).toMatchObject({ command: CMD_MONITOR, subcommand: 0x88, freeCount: 4 });
      expect(server.commands[4]).toMatchObject({ command: CMD_GET, subcommand: 0x10 });
      const put = server.commands[5];
      const putGet = server.commands[7];
      if (put?.type !== 'execute' || putGet?.type !== 'execute') throw new Error('no put');
      const read = (bytes: Uint8Array): unknown => {
        const value = server.connection.readMasked(new BytesReader(bytes, littleEndian), pointType);
        return [value.toObject(), [...value.marked()]];
      };
      expect(read(put.body)).toEqual([{ x: 1.5, name: 'a' }, ['x', 'name']]);
      expect(read(putGet.body)).toEqual([{ x: 2.5, name: '' }, ['x']]);

      const toClient = server.connection;
      toClient.aclChange(1, 5);
      toClient.channelCreated(1, 5);
      toClient.channelRefused(2, makeStatus(3, 'no', 'tree'));
      toClient.initDone(CMD_GET, 6, pointType);
      toClient.initDone(CMD_PUT_GET, 9, pointType, pointType);
      toClient.initDone(CMD_RPC, 11);
      toClient.statusReply(CMD_PUT, 8, 8, errorStatus('bad'));
      toClient.valueReply(CMD_GET, 6, 0, point(4.5, 'd'));
      toClient.statusReply(CMD_PUT, 8, 0, okStatus);
      toClient.rpcResult(11, 0, point(5.5, 'e'));
      toClient.rpcResult(11, 0x10, null);
      toClient.fieldReply(12, okStatus, pointType);
      toClient.fieldReply(12, errorStatus('none'));
      toClient.monitorUpdate(7, point(6.5, 'f'), BitSet.from([1]), BitSet.from([2]));
      toClient.monitorFinished(7, okStatus);
      toClient.message(7, 1, 'hm');
      toClient.channelDestroyed(5, 1);
      client.feed(takeBytes(server.out));
      expect(client.commands).toMatchObject([
        { type: 'aclChange', cid: 1, bits: 5 },
        { type: 'channelCreated', cid: 1, sid: 5, status: okStatus },
        {
          type: 'channelCreated',
          cid: 2,
          sid: 0xffffffff,
          status: { type: 3, message: 'no', callTree: 'tree' },
        },
        { type: 'initReply', command: CMD_GET, ioid: 6, types: [pointType] },
        { type: 'initReply', command: CMD_PUT_GET, ioid: 9, types: [pointType, pointType] },
        { type: 'initReply', command: CMD_RPC, ioid: 11, types: [] },
        { type: 'initReply', command: CMD_PUT, ioid: 8, status: errorStatus('bad') },
        { type: 'reply', command: CMD_GET, ioid: 6 },
        { type: 'reply', command: CMD_PUT, ioid: 8, subcommand: 0 },
        { type: 'rpcReply', ioid: 11, subcommand: 0 },
        { type: 'rpcReply', ioid: 11, subcommand: 0x10, result: null },
        { type: 'fieldReply', ioid: 12, desc: pointType },
        { type: 'fieldReply', ioid: 12, desc: null, status: errorStatus('none') },
        { type: 'update', ioid: 7 },
        { type: 'finished', ioid: 7, status: okStatus },
        { type: 'message', ioid: 7, level: 1, text: 'hm' },
        { type: 'channelDestroyed', sid: 5, cid: 1 },
      ]);
    },
  );

  it('a client sends nothing before the connection is open (PVA-W-42)', () => {
    const client = new RecordingClient();
    expect(() => client.connection.createChannel(1, 'x')).toThrow(/greeting, not open/);
    expect(() => client.connection.get(1, 1)).toThrow(/greeting, not open/);
    expect(client.out.byteLength).toBe(0);
  });

  it('an ECHO comes back with its payload (PVA-W-46)', () => {
    const { client, server } = openPair();
    client.connection.echo(fromHex('0102030405'));
    exchange(client, server);
    expect(client.commands).toEqual([{ type: 'echo', body: fromHex('0102030405') }]);
  });

  it('a reply whose value does not fit its type is withdrawn and leaves the stream intact', () => {
    const { client, server } = openPair();
    const broken = point(1, 'x');
    broken.put(1, Symbol('not a number'));
    server.connection.statusReply(CMD_PUT, 1, 0, okStatus);
    expect(() => server.connection.valueReply(CMD_GET, 2, 0, broken)).toThrow();
    server.connection.statusReply(CMD_PUT, 3, 0, okStatus);
    exchange(client, server);
    expect(client.commands).toMatchObject([
      { type: 'reply', ioid: 1 },
      { type: 'reply', ioid: 3 },
    ]);
  });

  it('handlers may close the connection from inside a callback: the rest of the chunk is dropped', () => {
    const { server } = openPair();
    const channels: string[] = [];
    server.onCreateChannel = (_cid: number, name: string): void => {
      channels.push(name);
      server.connection.close();
    };
    server.feed(clientMessage(7, '0200 01000000 0161 02000000 0162'));
    server.feed(clientMessage(7, '0100 03000000 0163'));
    expect(channels).toEqual(['a']);
    expect(server.connection.state).toBe('closed');
  });

  it('what a handler throws ends the connection as a fault of ours, and does not escape', () => {
    const { server } = openPair();
    server.onCreateChannel = (): void => {
      throw new Error('boom');
    };
    server.feed(clientMessage(7, '0100 01000000 0161'));
    expect(server.commands).toMatchObject([{ type: 'protocolError', message: 'CREATE_CHANNEL: boom' }]);
  });
});

describe('PvaConnection: control messages', () => {
  it('the word of a control message is no length (PVA-W-7)', () => {
    const { server } = openPair();
    const marker = fromHex('ca02010010000000');
    server.feed(join([marker, clientMessage(7, '0100 01000000 0161')]));
    expect(server.commands).toEqual([{ type: 'createChannel', cid: 1, name: 'a' }]);
  });

  it('EchoRequest is answered with the same word (PVA-W-9)', () => {
    const { server } = openPair();
    server.feed(fromHex('ca02010378563412'));
    expect(toHex(takeBytes(server.out))).toBe('ca02410478563412');
  });

  it('a client writes in the order of the last SetEndian (PVA-W-4)', () => {
    const client = new RecordingClient();
    client.feed(join([greetingLe, fromHex('ca02c10200000000')]));
    client.connection.echo();
    expect(toHex(takeBytes(client.out))).toBe('ca02800200000000');
  });

  it('each message is read in its own byte order (PVA-W-3)', () => {
    const { server } = openPair();
    server.feed(fromHex('ca028008 00000008 00000005 00000001'));
    server.feed(clientMessage(8, '05000000 01000000'));
    expect(server.commands).toEqual([
      { type: 'destroyChannel', sid: 5, cid: 1 },
      { type: 'destroyChannel', sid: 5, cid: 1 },
    ]);
  });
});

describe('PvaConnection: violations', () => {
  it.each([
    ['bad magic', 'cb02000200000000', /bad magic 0xcb/],
    ['version 0', 'ca00000200000000', /version 0/],
    ['a message marked as from a server', 'ca02400200000000', /direction/],
    ['a payload over the limit, before it arrives', 'ca02000200000040', /over the limit/],
    ['a last segment without a first', 'ca02200200000000', /without a first/],
    ['a null mask count in a name list', 'ca02000705000000 0100 01000000 05', /ends early|over/],
    ['a truncated request', 'ca02000a0a000000 01000000 02000000 08 80', /ends early|bytes/],
    ['an unknown cached type', 'ca02000a0c000000 01000000 02000000 08 fe0900', /type/],
  ])('%s closes the connection (PVA-W-1, PVA-W-11, PVA-L-1)', (_what, hex, message) => {
    const { server } = openPair();
    server.feed(fromHex(hex));
    expect(server.commands).toHaveLength(1);
    expect(server.commands[0]).toMatchObject({ type: 'protocolError' });
    const error = server.commands[0];
    expect(error?.type === 'protocolError' && error.message).toMatch(message);
    server.feed(clientMessage(2, ''));
    expect(server.commands).toHaveLength(1);
  });

  it('any version from 1 on is taken (PVA-W-2)', () => {
    const { server } = openPair();
    server.feed(fromHex('ca01000200000000 ca03000200000000 ca7f000200000000'));
    expect(server.commands).toHaveLength(3);
  });

  it('unknown commands and those of the other role are skipped (PVA-W-6)', () => {
    const { server } = openPair();
    server.feed(
      join([clientMessage(99, '0102'), clientMessage(9, 'ff'), clientMessage(19, ''), clientMessage(2, '')]),
    );
    expect(server.commands).toEqual([{ type: 'echo', body: new Uint8Array(0) }]);
  });

  it('bytes behind a complete body are ignored', () => {
    const { server } = openPair();
    server.feed(clientMessage(8, '05000000 01000000 ffffffffff'));
    expect(server.commands).toEqual([{ type: 'destroyChannel', sid: 5, cid: 1 }]);
  });

  it('before the connection is open a large message is refused by its header', () => {
    const server = new RecordingServer({ maxGreetingBytes: 100 });
    server.feed(fromHex('ca02000165000000'));
    expect(server.commands).toMatchObject([
      { type: 'protocolError', message: /101 bytes is over the limit of 100/ },
    ]);
    const other = new RecordingServer({ maxGreetingBytes: 100 });
    for (let i = 0; i < 3; i++) other.feed(clientMessage(1, '00'.repeat(60), i === 0 ? 0x10 : 0x30));
    expect(other.commands).toMatchObject([{ type: 'protocolError' }]);
  });

  it('deeply nested types are a fault, not a stack overflow (PVA-L-4)', () => {
    const { server } = openPair();
    server.feed(clientMessage(CMD_RPC, `01000000 02000000 00 ${'88'.repeat(100_000)}`));
    expect(server.commands).toMatchObject([{ type: 'protocolError' }]);
    const { server: other } = openPair();
    other.feed(clientMessage(CMD_RPC, `01000000 02000000 00 ${'82'.repeat(60_000)}`));
    expect(other.commands).toMatchObject([{ type: 'protocolError' }]);
  });
});

describe('PvaConnection: segments', () => {
  const payload = '0100 01000000 0b 6c6f6e673a6e616d653a7631';

  it('a message in segments, cut anywhere, with control messages between, is one (PVA-W-8, PVA-W-10)', () => {
    const bytes = fromHex(payload);
    const part = (from: number, to: number, flags: number): Uint8Array =>
      clientMessage(7, toHex(bytes.subarray(from, to)), flags);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const middle = Math.min(bytes.length, cut + 3);
      const stream = join([
        part(0, cut, 0x10),
        fromHex('ca02010000000000'),
        part(cut, middle, 0x30),
        part(middle, middle, 0x30),
        part(middle, bytes.length, 0x20),
      ]);
      const { server } = openPair();
      server.feed(stream);
      expect(server.commands).toEqual([{ type: 'createChannel', cid: 1, name: 'long:name:v1'.slice(0, 11) }]);
    }
  });

  it('segments are the same however the stream is split', () => {
    const stream = join([
      clientMessage(7, payload.replaceAll(' ', '').slice(0, 14), 0x10),
      clientMessage(7, payload.replaceAll(' ', '').slice(14), 0x20),
      clientMessage(2, '0102'),
    ]);
    const commands = expectSameForAllSplits(stream, () => openPair().server);
    expect(commands.map((command) => command.type)).toEqual(['createChannel', 'echo']);
  });

  it.each([
    ['another first', [0x10, 0x10], [7, 7]],
    ['a whole message', [0x10, 0x00], [7, 7]],
    ['another command', [0x10, 0x30], [7, 8]],
  ] as const)('%s inside a segmented message closes the connection (PVA-W-11)', (_what, flags, commands) => {
    const { server } = openPair();
    flags.forEach((flag, i) => server.feed(clientMessage(commands[i] as number, '00', flag)));
    expect(server.commands).toMatchObject([{ type: 'protocolError', message: /before the last segment/ }]);
  });

  it('the joined payload is bounded (PVA-W-13)', () => {
    const { server } = { server: new RecordingServer({ maxMessageBytes: 2048 }) };
    server.feed(clientMessage(1, '00000100 ff7f 0000 09 616e6f6e796d6f7573 ff'));
    for (let i = 0; i < 3; i++) server.feed(clientMessage(2, '00'.repeat(1000), i === 0 ? 0x10 : 0x30));
    expect(server.commands.at(-1)).toMatchObject({ type: 'protocolError', message: /2048 bytes/ });
  });
});

describe('PvaConnection: time', () => {
  it('a server drops a client that says nothing for the time-out (PVA-W-48)', () => {
    const { server } = openPair();
    let now = 0;
    const run = (untilMs: number): void => {
      while (server.connection.nextDeadline <= untilMs) {
        now = server.connection.nextDeadline;
        server.connection.tick(now);
      }
    };
    run(39_999);
    expect(server.connection.state).toBe('open');
    server.feed(clientMessage(2, ''));
    run(79_000);
    expect(server.connection.state).toBe('open');
    run(95_000);
    expect(server.commands.at(-1)).toMatchObject({
      type: 'protocolError',
      message: /nothing arrived for \d+ s/,
    });
    expect(now).toBeLessThanOrEqual(90_000);
    expect(server.connection.nextDeadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('an owner that does not read for a while keeps its connection alive (ARC-S-8)', () => {
    const { server } = openPair();
    for (let now = 0; now <= 300_000; now += 10_000) {
      server.connection.noteActivity();
      server.connection.tick(now);
    }
    expect(server.connection.state).toBe('open');
    server.connection.tick(341_000);
    expect(server.connection.state).toBe('failed');
  });

  it('a server drops a client that does not validate within 10 s (PVA-W-43)', () => {
    const server = new RecordingServer({ startMs: 1000 });
    server.feed(clientMessage(2, ''));
    while (server.connection.nextDeadline <= 11_000) server.connection.tick(server.connection.nextDeadline);
    expect(server.commands.at(-1)).toMatchObject({ type: 'protocolError', message: /not validated in time/ });
  });

  it('a client asks for an echo every 15 s and gives up after 40 s of silence (PVA-W-47)', () => {
    const { client } = openPair();
    const echoes: number[] = [];
    while (client.connection.isAlive) {
      const now = client.connection.nextDeadline;
      client.connection.tick(now);
      if (takeBytes(client.out).length > 0) echoes.push(now);
      expect(now).toBeLessThan(60_000);
    }
    expect(echoes.slice(0, 2)).toEqual([15_000, 30_000]);
    expect(client.commands.at(-1)).toMatchObject({ type: 'protocolError' });
  });
});

describe('big arrays (ARC-P-8)', () => {
  it('of a reply like the one before are views of the received bytes', () => {
    const type = structType('', { seconds: 'long', value: 'double[]' });
    const content = Float64Array.from({ length: 2000 }, (_, i) => i);
    const received: Float64Array[] = [];
    class ReadingClient extends RecordingClient {
      override onGet(_ioid: number, _subcommand: number, _status: unknown, body: BytesReader): void {
        received.push(this.connection.readMasked(body, type).get('value') as Float64Array);
      }
    }
    const server = new RecordingServer();
    const client = new ReadingClient();
    server.connection.greet(['anonymous']);
    exchange(client, server);
    for (let i = 0; i < 3; i++) {
      server.connection.valueReply(CMD_GET, 6, 0, Value.from(type, { seconds: 1, value: content }));
      const bytes = takeBytes(server.out);
      client.feed(bytes.slice(0, 1000));
      client.feed(bytes.slice(1000));
    }
    expect(received).toEqual([content, content, content]);
    expect(received.map((array) => array.byteLength < array.buffer.byteLength)).toEqual([false, true, true]);
    expect(received[1]?.buffer).not.toBe(received[2]?.buffer);
  });
});
