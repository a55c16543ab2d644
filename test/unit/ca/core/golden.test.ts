import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  CaCircuit,
  type CaCommand,
  CommandRecorder,
  type DbrData,
  DbrFamily,
  type DbrPv,
  dbrElementBytes,
  dbrFamily,
  dbrName,
  dbrPayloadBytes,
  dbrPlain,
  dbrValueOffset,
  decodeDbr,
  encodeDbr,
  writeCommand,
} from '../../../../src/ca/core/index.ts';
import {
  type ElementType,
  emptyMetadata,
  makeMetadata,
  makeSnapshot,
  makeTimeStamp,
  noAlarm,
  type PvValue,
  type Snapshot,
} from '../../../../src/pv/index.ts';
import { fromHex, toHex } from '../../../../src/testing/index.ts';
import { BytesReader, SendBuffer } from '../../../../src/util/index.ts';

interface Vector {
  readonly id: string;
  readonly dir: string;
  readonly hex: string;
  readonly dbr?: number;
  readonly count?: number;
  readonly expect?: Readonly<Record<string, unknown>>;
}

const path = new URL('../../../golden/ca-vectors.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: readonly Vector[] };
const find = (id: string): Vector => {
  const vector = vectors.find((other) => other.id === id);
  if (vector === undefined) throw new Error(`no vector ${id}`);
  return vector;
};

const payloadOf = (vector: Vector): Uint8Array => fromHex(vector.hex).subarray(16);

/** The payload with zeros where the peer left what was on its stack: pads and the tails of texts. */
function withoutGarbage(payload: Uint8Array, dbrType: number, count: number): Uint8Array {
  const bytes = payload.slice();
  const family = dbrFamily(dbrType);
  const plain = dbrPlain(dbrType);
  const cutText = (at: number, size: number): void => {
    const nul = bytes.subarray(at, at + size).indexOf(0);
    if (nul >= 0) bytes.fill(0, at + nul, at + size);
  };
  let at = 0;
  if (family === DbrFamily.Sts) at = 4;
  else if (family === DbrFamily.Time) at = 12;
  else if (family === DbrFamily.Special) at = dbrValueOffset(dbrType);
  else if (family !== DbrFamily.Plain && plain === 0) at = 4;
  else if (family !== DbrFamily.Plain && plain === 3) {
    for (let i = 0; i < 16; i++) cutText(6 + 26 * i, 26);
    at = 422;
  } else if (family !== DbrFamily.Plain) {
    at = 4;
    if (plain === 2 || plain === 6) {
      bytes.fill(0, 6, 8);
      at = 8;
    }
    cutText(at, 8);
    at += 8 + (family === DbrFamily.Gr ? 6 : 8) * dbrElementBytes(dbrType);
  }
  const start = dbrValueOffset(dbrType);
  bytes.fill(0, at, start);
  const size = dbrElementBytes(dbrType);
  if (plain === 0) for (let i = 0; i < count; i++) cutText(start + i * size, size);
  bytes.fill(0, start + count * size);
  return bytes;
}

const number = (x: unknown): unknown => (x === 'NaN' ? Number.NaN : x);

function expected(vector: Vector): Partial<Record<keyof DbrData, unknown>> {
  const e = vector.expect ?? {};
  const limit = (key: string): unknown => number(e[key] ?? 0);
  return {
    dbrType: vector.dbr,
    status: e['status'] ?? 0,
    severity: e['severity'] ?? 0,
    epicsSeconds: e['secs'] ?? 0,
    nanoseconds: e['nsec'] ?? 0,
    units: e['units'] ?? '',
    precision: e['precision'] ?? 0,
    choices: e['strs'] ?? [],
    ackTransient: e['ackt'] === 1,
    ackSeverity: e['acks'] ?? 0,
    limits:
      'upper_disp' in e
        ? {
            upperDisplay: limit('upper_disp'),
            lowerDisplay: limit('lower_disp'),
            upperAlarm: limit('upper_alarm'),
            upperWarning: limit('upper_warning'),
            lowerWarning: limit('lower_warning'),
            lowerAlarm: limit('lower_alarm'),
            upperControl: limit('upper_ctrl'),
            lowerControl: limit('lower_ctrl'),
          }
        : undefined,
  };
}

const dbrVectors = vectors.filter((vector) => vector.dbr !== undefined);

describe('recorded DBR values are decoded as their peers meant them', () => {
  test.each(dbrVectors.map((vector) => [vector.id, vector] as const))('%s', (_id, vector) => {
    const data = decodeDbr(
      new BytesReader(payloadOf(vector), false),
      vector.dbr as number,
      vector.count as number,
    );
    expect(data).toMatchObject(expected(vector));
    expect(Array.from<unknown>(data.values as ArrayLike<unknown>)).toEqual(vector.expect?.['value']);
  });
});

/** The records that the vectors were read from. */
const ao: DbrPv = {
  type: { kind: 'scalar', element: 'float64', isArray: false, caCount: 1, caText: false },
  className: 'ao',
  acknowledgement: { transient: true, severity: 0 },
};
const aoState = makeSnapshot(
  2.5,
  noAlarm,
  makeTimeStamp(1164017608 + 631152000, 658539211),
  makeMetadata({
    units: 'V',
    precision: 3,
    display: { low: -20, high: 20 },
    control: { low: -10, high: 10 },
    alarmLimits: { lolo: -9, low: -8, high: 8, hihi: 9 },
  }),
);
const mbbo: DbrPv = {
  type: { kind: 'scalar', element: 'enum', isArray: false, caCount: 1, caText: false },
  className: 'mbbo',
};
const mbboState = makeSnapshot(
  1,
  noAlarm,
  makeTimeStamp(1164017513 + 631152000, 495725058),
  makeMetadata({ choices: ['Zero', 'One', 'Two'] }),
);
const array = (element: ElementType): DbrPv => ({
  type: { kind: 'scalar', element, isArray: true, caCount: 10, caText: false },
  className: 'waveform',
});
const wfd = makeMetadata({
  precision: 2,
  units: 'A',
  display: { low: 0, high: 10 },
  control: { low: 0, high: 10 },
  alarmLimits: { lolo: Number.NaN, low: Number.NaN, high: Number.NaN, hihi: Number.NaN },
});
const wff = makeMetadata({
  alarmLimits: { lolo: Number.NaN, low: Number.NaN, high: Number.NaN, hihi: Number.NaN },
});
const wfuc = makeMetadata({ control: { low: 0, high: 0 } });
const waves: Readonly<Record<string, readonly [ElementType, PvValue, Snapshot['meta']]>> = {
  wfsh: ['int16', Int16Array.of(1, -2, 3), emptyMetadata],
  'wfsh-empty': ['int16', new Int16Array(0), emptyMetadata],
  wfl: ['int32', Int32Array.of(7, -8), emptyMetadata],
  wff: ['float32', Float32Array.of(1.5, -2.5), wff],
  wfuc: ['uint8', Uint8Array.of(1, 200, 255), wfuc],
  wfe: ['enum', Uint16Array.of(0, 1, 2), emptyMetadata],
  wfd: ['float64', Float64Array.of(1, 2, 3), wfd],
  wfs: ['string', ['one', 'two'], emptyMetadata],
};

function sourceOf(vector: Vector): readonly [DbrPv, Snapshot] | undefined {
  const [kind = ''] = vector.id.split('-');
  if (kind === 'ao') return [ao, aoState];
  if (kind === 'mbbo') return [mbbo, mbboState];
  const wave = waves[vector.id.endsWith('-n0') ? 'wfsh-empty' : kind];
  if (wave === undefined) return undefined;
  const [element, value, meta] = wave;
  const seconds = (vector.expect?.['secs'] as number | undefined) ?? 0;
  const nanoseconds = (vector.expect?.['nsec'] as number | undefined) ?? 0;
  return [
    array(element),
    makeSnapshot(value, noAlarm, makeTimeStamp(seconds + 631152000, nanoseconds), meta),
  ];
}

describe('the same records are encoded to the recorded bytes, with zeros for the garbage', () => {
  const known = dbrVectors.filter((vector) => sourceOf(vector) !== undefined);
  test('all but the long text have a source here', () => {
    expect(dbrVectors.length - known.length).toBe(1);
  });
  test.each(known.map((vector) => [vector.id, vector] as const))('%s', (_id, vector) => {
    const [pv, state] = sourceOf(vector) as readonly [DbrPv, Snapshot];
    const dbrType = vector.dbr as number;
    const count = vector.count as number;
    const encoded = encodeDbr(pv, state, dbrType, count);
    const padded = new Uint8Array(dbrPayloadBytes(dbrType, count));
    padded.set(encoded);
    expect(toHex(padded), dbrName(dbrType)).toBe(toHex(withoutGarbage(payloadOf(vector), dbrType, count)));
  });
});

test('a long text is served as its characters and a NUL', () => {
  const pv: DbrPv = {
    type: { kind: 'scalar', element: 'string', isArray: false, caCount: 41, caText: true },
    className: 'ai',
  };
  const state = makeSnapshot('new d', noAlarm, makeTimeStamp(0, 0), emptyMetadata);
  expect(toHex(encodeDbr(pv, state, 4, 6))).toBe('6e6577206400');
});

// ---- messages

/** Every message that stands alone, and what it means. Replies to READ_NOTIFY are covered above. */
const messages: Readonly<Record<string, readonly Partial<CaCommand>[]>> = {
  'circuit-hello': [
    { type: 'version', priority: 0, minor: 13 },
    { type: 'clientName', name: 'root' },
    { type: 'hostName', name: 'vm' },
    { type: 'createChannelRequest', cid: 1, minor: 13, name: 'T:ai' },
  ],
  'circuit-version': [{ type: 'version', priority: 0, minor: 13 }],
  'create-req': [{ type: 'createChannelRequest', cid: 1, minor: 13, name: 'T:ao' }],
  'create-rep': [
    { type: 'accessRights', cid: 1, rights: 3 },
    { type: 'createChannel', cid: 1, sid: 2, dbrType: 6, count: 1 },
  ],
  'create-fail-req': [{ type: 'createChannelRequest', cid: 77, minor: 13, name: 'NOPE' }],
  'create-fail-rep': [{ type: 'createFailed', cid: 77 }],
  'write-notify-req': [
    {
      type: 'writeNotifyRequest',
      sid: 2,
      ioid: 2,
      dbrType: 0,
      count: 1,
      payload: fromHex('322e350000000000'),
    },
  ],
  'write-notify-rep': [{ type: 'writeNotify', ioid: 2, dbrType: 0, count: 1, status: 1 }],
  'write-req': [
    { type: 'writeRequest', sid: 2, cid: 1, dbrType: 6, count: 1, payload: fromHex('4004000000000000') },
  ],
  'read-notify-req': [{ type: 'readNotifyRequest', sid: 2, ioid: 0x114, dbrType: 20, count: 1 }],
  'read-rep': [
    {
      type: 'read',
      cid: 0x6e,
      ioid: 4,
      dbrType: 6,
      count: 2,
      payload: fromHex('3ff00000000000004000000000000000'),
    },
  ],
  'event-add-req': [
    { type: 'eventAddRequest', sid: 12, subscriptionId: 0x55, dbrType: 20, count: 0, mask: 5 },
  ],
  'event-cancel-req': [{ type: 'eventCancelRequest', sid: 12, subscriptionId: 0x55, dbrType: 20, count: 0 }],
  'clear-req': [{ type: 'clearChannelRequest', sid: 12, cid: 0x6e }],
  'clear-rep': [{ type: 'clearChannel', sid: 12, cid: 0x6e }],
  'events-off': [{ type: 'eventsOff' }],
  'events-on': [{ type: 'eventsOn' }],
  'tcp-search-req': [{ type: 'searchRequest', cid: 9, minor: 13, wantsNotFound: false, name: 'T:ai' }],
  'tcp-search-rep': [{ type: 'search', cid: 9, port: 25164, address: 0xffffffff }],
  'tcp-search-notfound': [{ type: 'notFound', cid: 9 }],
  'read-notify-noaccess': [
    { type: 'readNotify', ioid: 1, dbrType: 20, count: 1, status: 368, payload: new Uint8Array(24) },
  ],
  'event-noaccess': [
    { type: 'eventAdd', subscriptionId: 2, dbrType: 20, count: 1, status: 368, payload: new Uint8Array(24) },
  ],
  'write-notify-noaccess': [{ type: 'writeNotify', ioid: 0x78, dbrType: 6, count: 1, status: 376 }],
  'write-noaccess': [
    {
      type: 'error',
      cid: 0x70,
      eca: 376,
      text: 'T:noacc',
      request: {
        command: 4,
        payloadBytes: 8,
        dataType: 6,
        count: 1,
        p1: 14,
        p2: 0x77,
        isExtended: false,
      },
    },
  ],
  'write-notify-putfail': [{ type: 'writeNotify', ioid: 0x45, dbrType: 0, count: 1, status: 160 }],
  'access-rights-change': [{ type: 'accessRights', cid: 2, rights: 1 }],
  'server-disconn': [{ type: 'serverDisconnect', cid: 2 }],
  'event-add-rep': [
    {
      type: 'eventAdd',
      subscriptionId: 0x55,
      dbrType: 20,
      count: 3,
      status: 1,
      payload: payloadOf(find('event-add-rep')),
    },
  ],
};

function circuitFor(role: 'client' | 'server'): readonly [CaCircuit, CommandRecorder] {
  const recorder = new CommandRecorder();
  const out = new SendBuffer();
  const circuit =
    role === 'server' ? new CaCircuit('server', recorder, out) : new CaCircuit('client', recorder, out);
  return [circuit, recorder];
}

describe('recorded messages are understood and written again byte by byte', () => {
  test.each(Object.entries(messages))('%s', (id, commands) => {
    const vector = find(id);
    const isRequest = vector.dir.startsWith('C>S');
    const [receiver, recorder] = circuitFor(isRequest ? 'server' : 'client');
    receiver.receive(fromHex(vector.hex));
    expect(recorder.commands).toEqual(commands);
    const [sender] = circuitFor(isRequest ? 'client' : 'server');
    sender.receive(fromHex(find('circuit-version').hex));
    for (const command of recorder.commands) writeCommand(sender, command);
    expect(toHex(sender.out.toBytes())).toBe(vector.hex);
  });

  test('event-cancel-rep confirms a cancelled subscription', () => {
    const [client, recorder] = circuitFor('client');
    client.eventCancel(12, 0x55, 20, 0);
    client.receive(fromHex(find('event-cancel-rep').hex));
    expect(recorder.commands).toEqual([{ type: 'eventCancelled', subscriptionId: 0x55 }]);
    const [server] = circuitFor('server');
    server.eventCancelReply(12, 0x55, 20, 0);
    expect(toHex(server.out.toBytes())).toBe(find('event-cancel-rep').hex);
  });

  test.each(['echo', 'read-sync'])('%s is answered by the server with itself', (id) => {
    const [server] = circuitFor('server');
    server.receive(fromHex(find(id).hex));
    expect(toHex(server.out.toBytes())).toBe(find(id).hex);
    const [client, recorder] = circuitFor('client');
    client.receive(fromHex(find(id).hex));
    expect(recorder.commands).toEqual([{ type: 'echo' }]);
    if (id === 'echo') client.echo();
    else client.readSync();
    expect(toHex(client.out.toBytes())).toBe(find(id).hex);
  });

  test('ext-header-rep and ext-header-req carry 160000 bytes behind an extended header', () => {
    const payload = new Uint8Array(160000).map((_, i) => i);
    const reply = find('ext-header-rep');
    const [server] = circuitFor('server');
    server.receive(fromHex(find('circuit-hello').hex).subarray(0, 16));
    server.readNotifyReply(2, 6, 20000, 1, payload);
    expect(toHex(server.out.toBytes().subarray(0, 24))).toBe(reply.hex);
    const [client, recorder] = circuitFor('client');
    client.receive(new Uint8Array([...fromHex(reply.hex), ...payload]));
    expect(recorder.commands).toEqual([
      { type: 'readNotify', ioid: 2, dbrType: 6, count: 20000, status: 1, payload },
    ]);
    client.receive(fromHex(find('circuit-version').hex));
    client.write(15, 1, 6, 20000, payload);
    expect(toHex(client.out.toBytes().subarray(0, 24))).toBe(find('ext-header-req').hex);
  });

  test('every TCP message that was recorded is covered', () => {
    const others = ['event-cancel-rep', 'echo', 'read-sync', 'ext-header-rep', 'ext-header-req'];
    const tcp = vectors.filter((vector) => vector.dir.includes('tcp') && vector.dbr === undefined);
    expect(tcp.map((vector) => vector.id).filter((id) => !(id in messages) && !others.includes(id))).toEqual(
      [],
    );
  });
});
