import { describe, expect, it } from 'vitest';
import {
  CMD_GET,
  CMD_MONITOR,
  CMD_PUT,
  okStatus,
  type PvaClientCommand,
  type PvaServerCommand,
  writeClientCommand,
  writeServerCommand,
} from '../../../../src/pva/core/index.ts';
import { readBitSet, requestOption, structType, Value } from '../../../../src/pvdata/index.ts';
import { fromHex, toHex } from '../../../../src/testing/index.ts';
import { BytesReader } from '../../../../src/util/index.ts';
import { expectSameForAllSplits } from '../../../helpers/split.ts';
import {
  type GoldenSession,
  goldenMessage,
  goldenSessions,
  goldenStream,
  join,
  RecordingClient,
  RecordingServer,
  takeBytes,
} from './peers.ts';

function heardByServer(session: GoldenSession): RecordingServer {
  const server = new RecordingServer();
  for (const message of goldenStream(session, 'client')) server.feed(message);
  return server;
}

function heardByClient(session: GoldenSession): RecordingClient {
  const client = new RecordingClient();
  for (const message of goldenStream(session, 'server')) client.feed(message);
  return client;
}

function sessionNamed(prefix: string): GoldenSession {
  return goldenSessions.find((session) => session.name.startsWith(prefix)) as GoldenSession;
}

describe('captured sessions of real peers', () => {
  it.each(goldenSessions)('$name: the client is understood, however its bytes are split', (session) => {
    const commands = expectSameForAllSplits(
      join(goldenStream(session, 'client')),
      () => new RecordingServer(),
    );
    expect(commands.filter((command) => command.type === 'protocolError')).toEqual([]);
    const sent = goldenStream(session, 'client').length;
    expect(commands).toHaveLength(sent);
  });

  it.each(goldenSessions)('$name: the server is understood, however its bytes are split', (session) => {
    const stream = goldenStream(session, 'server');
    const commands = expectSameForAllSplits(join(stream), () => new RecordingClient());
    expect(commands.filter((command) => command.type === 'protocolError')).toEqual([]);
    // SetEndian is the connection's own.
    expect(commands).toHaveLength(stream.length - 1);
  });

  it.each(goldenSessions)('$name: written again, the client sends the same', (session) => {
    const server = heardByServer(session);
    const copy = new RecordingClient();
    for (const command of server.commands) writeClientCommand(copy.connection, command as PvaClientCommand);
    const bytes = takeBytes(copy.out);
    if (!session.cached.client) expect(toHex(bytes)).toBe(toHex(join(goldenStream(session, 'client'))));
    const again = new RecordingServer();
    again.feed(bytes);
    expect(again.commands).toEqual(server.commands);
  });

  it.each(goldenSessions)('$name: written again, the server sends the same', (session) => {
    const client = heardByClient(session);
    const copy = new RecordingServer();
    for (const command of client.commands) writeServerCommand(copy.connection, command as PvaServerCommand);
    const bytes = takeBytes(copy.out);
    const withoutEndian = goldenStream(session, 'server').slice(1);
    if (!session.cached.server) expect(toHex(bytes)).toBe(toHex(join(withoutEndian)));
    const again = new RecordingClient();
    again.feed(bytes);
    expect(again.commands).toEqual(client.commands);
  });

  it('GV-9: the put and the value read before it are what was typed', () => {
    const client = heardByClient(sessionNamed('GV-9'));
    const init = client.commands.find((command) => command.type === 'initReply');
    const desc = init?.type === 'initReply' ? init.types[0] : undefined;
    const replies = client.commands.filter((command) => command.type === 'reply');
    const old = replies[0];
    if (desc === undefined || desc === null || old?.type !== 'reply') throw new Error('no reply');
    expect(client.connection.readMasked(new BytesReader(old.body), desc).get('value')).toBe(5.5);
    const server = heardByServer(sessionNamed('GV-9'));
    const put = server.commands.find((command) => command.type === 'execute' && command.subcommand === 0);
    if (put?.type !== 'execute') throw new Error('no put');
    const value = server.connection.readMasked(new BytesReader(put.body), desc);
    expect([value.get('value'), [...value.marked()]]).toEqual([3.25, ['value']]);
  });

  it('GV-10: INIT of a pipelined monitor carries queue size and window; updates end with an empty overrun mask', () => {
    const server = heardByServer(sessionNamed('GV-10'));
    const init = server.commands.find((command) => command.type === 'init');
    expect(init).toMatchObject({ command: CMD_MONITOR, subcommand: 0x88, freeCount: 4 });
    if (init?.type !== 'init') throw new Error('no init');
    expect(requestOption(init.pvRequest, 'queueSize')).toBe('4');
    expect(server.commands.filter((command) => command.type === 'monitor')).toMatchObject([
      { subcommand: 0x44, freeCount: -1 },
      { subcommand: 0x80, freeCount: 2 },
    ]);
    const client = heardByClient(sessionNamed('GV-10'));
    const reply = client.commands.find((command) => command.type === 'initReply');
    const desc = reply?.type === 'initReply' ? reply.types[0] : undefined;
    const updates = client.commands.filter((command) => command.type === 'update');
    const values = updates.map((update) => {
      const body = new BytesReader(update.type === 'update' ? update.body : new Uint8Array(0));
      const value = client.connection.readMasked(body, desc as NonNullable<typeof desc>);
      expect(readBitSet(body).isEmpty).toBe(true);
      expect(body.remaining).toBe(0);
      return value.get('value');
    });
    expect(values).toEqual([4, 1]);
  });

  it('GV-11: an enum put by a client that caches types decodes by the type of the INIT', () => {
    const server = heardByServer(sessionNamed('GV-11'));
    const put = server.commands.find(
      (command) => command.type === 'execute' && command.command === CMD_PUT && command.subcommand === 0,
    );
    const client = heardByClient(sessionNamed('GV-11'));
    const init = client.commands.find((command) => command.type === 'initReply');
    const desc = init?.type === 'initReply' ? init.types[0] : undefined;
    if (put?.type !== 'execute' || desc === undefined || desc === null) throw new Error('no put');
    expect(server.connection.readMasked(new BytesReader(put.body), desc).get('value.index')).toBe(1);
  });

  it('GV-15: a whole-structure bit from pvAccessCPP fills all fields', () => {
    const client = heardByClient(sessionNamed('GV-15'));
    const init = client.commands.find((command) => command.type === 'initReply');
    const reply = client.commands.find((command) => command.type === 'reply' && command.command === CMD_GET);
    const desc = init?.type === 'initReply' ? init.types[0] : undefined;
    if (reply?.type !== 'reply' || desc === undefined || desc === null) throw new Error('no reply');
    const value = client.connection.readMasked(new BytesReader(reply.body), desc);
    expect(value.toObject()).toMatchObject({
      value: 4,
      timeStamp: { secondsPastEpoch: 0x6b001760, userTag: 0 },
    });
  });
});

describe('captured single messages', () => {
  function client(...messages: Uint8Array[]): RecordingClient {
    const recorder = heardByClient(sessionNamed('GV-9'));
    recorder.commands.length = 0;
    for (const message of messages) recorder.feed(message);
    return recorder;
  }

  it('GV-17: a refused channel has status FATAL and the text of pvxs', () => {
    expect(client(goldenMessage('GV-17 create refused')).commands).toEqual([
      {
        type: 'channelCreated',
        cid: 1,
        sid: 0xffffffff,
        status: { type: 3, message: 'Refused to create Channel', callTree: 'pvx:serv:refusechan:' },
      },
    ]);
  });

  it('GV-17: a failed INIT has no type behind its status', () => {
    expect(client(goldenMessage('GV-17 GET INIT selecting nothing, reply')).commands).toMatchObject([
      { type: 'initReply', command: CMD_GET, types: [], status: { message: 'Op Create implied error' } },
    ]);
  });

  it('GV-17: an RPC error and a MESSAGE are told with their texts', () => {
    const heard = client(goldenMessage('GV-17 RPC reply error'), goldenMessage('GV-17 MESSAGE')).commands;
    expect(heard).toMatchObject([
      { type: 'rpcReply', status: { type: 2, message: 'RPC Not Implemented' }, result: null },
      { type: 'message', level: 1, text: 'Unable to use record._options.queueSize : string = "1"\n' },
    ]);
  });

  it('GV-17: RPC arguments of pvxs and, with cached types, of pvAccessCPP are the same structure', () => {
    const server = heardByServer(sessionNamed('GV-11'));
    server.commands.length = 0;
    server.feed(goldenMessage('GV-17 RPC to a PV'));
    server.feed(goldenMessage('GV-17 RPC request (NTURI, pvAC'));
    const args = server.commands.map((command) =>
      command.type === 'rpc' ? command.args?.toObject() : command,
    );
    expect(args).toMatchObject([
      { path: 't:ao', query: { a: '1' } },
      { scheme: 'pva', path: 't:ao', query: { a: '1' } },
    ]);
  });

  it('GV-17: the verdict on an unadvertised method keeps the client out', () => {
    const recorder = new RecordingClient();
    recorder.feed(goldenMessage('GV-8 SetEndian from server, LE'));
    recorder.feed(fromHex('ca0240011400000000000100ff7f0209616e6f6e796d6f7573026361'));
    recorder.feed(goldenMessage('GV-17 CONNECTION_VALIDATED refusing'));
    expect(recorder.commands.at(-1)).toMatchObject({
      type: 'validated',
      status: { type: 2, message: 'Client selects unadvertised auth' },
    });
    expect(recorder.connection.state).toBe('validating');
  });
});

describe('replies written again', () => {
  it('RPC and GET_FIELD replies, good and bad, are heard as they were', () => {
    const desc = structType('id', { value: 'int' });
    const bad = { type: 2, message: 'no', callTree: '' } as const;
    const replies: PvaServerCommand[] = [
      { type: 'rpcReply', ioid: 7, subcommand: 0, status: okStatus, result: Value.from(desc, { value: 3 }) },
      { type: 'rpcReply', ioid: 8, subcommand: 0x10, status: okStatus, result: null },
      { type: 'fieldReply', ioid: 10, status: okStatus, desc },
      { type: 'fieldReply', ioid: 11, status: bad, desc: null },
      { type: 'rpcReply', ioid: 9, subcommand: 0, status: bad, result: null },
      { type: 'message', ioid: 9, level: 1, text: 'careful' },
      { type: 'echo', body: Uint8Array.of(1, 2) },
    ];
    const client = heardByClient(sessionNamed('GV-9'));
    client.commands.length = 0;
    const server = heardByServer(sessionNamed('GV-9'));
    takeBytes(server.out);
    for (const reply of replies) writeServerCommand(server.connection, reply);
    client.feed(takeBytes(server.out));
    expect(client.commands.map((command) => command.type)).toEqual(replies.map((reply) => reply.type));
    const [result, empty, field, noField, noResult, said, echo] = client.commands;
    expect(result?.type === 'rpcReply' && result.result?.toObject()).toEqual({ value: 3 });
    expect(empty).toMatchObject({ ioid: 8, subcommand: 0x10, result: null });
    expect(field?.type === 'fieldReply' && field.desc).toBe(desc);
    expect(noField).toMatchObject({ ioid: 11, status: bad, desc: null });
    expect(noResult).toMatchObject({ ioid: 9, status: bad });
    expect([said, echo]).toEqual(replies.slice(5));
  });

  it('ARC-S-4 a result that cannot be encoded leaves nothing of its message behind', () => {
    const server = heardByServer(sessionNamed('GV-9'));
    takeBytes(server.out);
    const value = Value.from(structType('', { text: 'string' }), { text: 'x' });
    value.put(1, 5);
    expect(() => server.connection.rpcResult(1, 0, value)).toThrow();
    expect(server.out.byteLength).toBe(0);
    server.connection.rpcResult(1, 0, null);
    const client = heardByClient(sessionNamed('GV-9'));
    client.commands.length = 0;
    client.feed(takeBytes(server.out));
    expect(client.commands).toMatchObject([{ type: 'rpcReply', ioid: 1, result: null }]);
  });
});
