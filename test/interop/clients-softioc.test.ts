import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CaClient } from '../../src/ca/index.ts';
import { nodeNetwork } from '../../src/net/index.ts';
import type { PvClient } from '../../src/pv/index.ts';
import { PvaClient } from '../../src/pva/index.ts';
import { isMissing, loopbackEnv, PeerProcess } from '../helpers/peers.ts';
import { freePorts } from '../helpers/ports.ts';
import { RecordingNetwork } from '../helpers/record-network.ts';
import { expectReplays } from '../helpers/replay.ts';

describe.skipIf(isMissing('softioc'))('our clients with a softioc IOC', () => {
  let peer: PeerProcess;
  let ca: CaClient;
  let pva: PvaClient;
  const recorder = new RecordingNetwork(nodeNetwork());

  beforeAll(async () => {
    const [caPort = 0, pvaPort = 0, pvaUdp = 0] = await freePorts(3);
    const env = loopbackEnv({ ca: caPort, pva: pvaPort, pvaUdp });
    peer = await PeerProcess.start('softioc_server', ['SI'], env);
    ca = new CaClient({ env, network: recorder });
    pva = new PvaClient({}, { env, network: recorder });
  });
  afterAll(async () => {
    await Promise.all([ca.close(), pva.close()]);
    await peer.close();
  });

  const both: readonly (readonly [scheme: 'CA' | 'PVA', client: () => PvClient])[] = [
    ['CA', () => ca],
    ['PVA', () => pva],
  ];

  describe.each(both)('over %s', (scheme, client) => {
    test('an analog record has value, alarm, time, units, limits and precision', async () => {
      using channel = client().channel('SI:AI', { meta: true });
      const { value, alarm, time, meta } = await channel.get({ timeoutMs: 5000 });
      expect(value).toBe(1.5);
      expect(alarm.severity).toBe(0);
      expect(Math.abs(time.seconds - Date.now() / 1000)).toBeLessThan(600);
      expect([meta.units, meta.precision, Number(meta.display.low), Number(meta.display.high)]).toEqual([
        'mm',
        3,
        -100,
        100,
      ]);
      expect(
        [meta.alarmLimits.lolo, meta.alarmLimits.low, meta.alarmLimits.high, meta.alarmLimits.hihi].map(
          Number,
        ),
      ).toEqual([-90, -80, 80, 90]);
    });

    test('an alarm of the IOC arrives with severity and condition', async () => {
      await peer.request('set', { record: 'AI', value: 95 });
      using channel = client().channel('SI:AI');
      const { alarm } = await channel.get({ timeoutMs: 5000 });
      expect([alarm.severity, alarm.condition]).toEqual([2, 3]);
      await peer.request('set', { record: 'AI', value: 1.5 });
    });

    test.each([
      ['LI', -42],
      ['SI', 'hello world'],
      ['RO', 3],
    ])('get of %s', async (record, value) => {
      using channel = client().channel(`SI:${record}`);
      expect((await channel.get({ timeoutMs: 5000 })).value).toBe(value);
    });

    test('enum records give index and choices', async () => {
      using channel = client().channel('SI:MBBI', { meta: true });
      const { value, alarm, meta } = await channel.get({ timeoutMs: 5000 });
      expect([value, alarm.severity]).toEqual([2, 2]);
      expect(meta.choices.slice(0, 3)).toEqual(['Zero', 'One', 'Two']);
    });

    test('a 64-bit integer arrives as exactly as the protocol has it', async () => {
      using channel = client().channel('SI:I64');
      const { value } = await channel.get({ timeoutMs: 5000 });
      expect(value).toEqual(scheme === 'PVA' ? 9007199254740993n : 9007199254740992);
    });

    test('arrays arrive with their element type', async () => {
      using doubles = client().channel('SI:WFD');
      expect((await doubles.get({ timeoutMs: 5000 })).value).toEqual(Float64Array.from([1, 2, 3.5]));
      using ints = client().channel('SI:WFI');
      expect((await ints.get({ timeoutMs: 5000 })).value).toEqual(Int32Array.from([1, -2, 3]));
    });

    test('a megabyte waveform arrives whole', async () => {
      using channel = client().channel('SI:BIG');
      const { value } = await channel.get({ timeoutMs: 5000 });
      expect((value as Float64Array).length).toBe(131072);
      expect((value as Float64Array)[131071]).toBe(131071);
    });

    test('puts with and without waiting reach the record', async () => {
      using channel = client().channel('SI:AO');
      await channel.put(4.25, { wait: true, timeoutMs: 5000 });
      expect(await peer.request('get', { record: 'AO' })).toBe(4.25);
      await channel.put(5.5, { timeoutMs: 5000 });
      await expect.poll(() => peer.request('get', { record: 'AO' })).toBe(5.5);
    });

    test('an enum record takes a label and an index', async () => {
      using channel = client().channel('SI:MBBO');
      await channel.put('Blue', { wait: true, timeoutMs: 5000 });
      expect(await peer.request('get', { record: 'MBBO' })).toBe(2);
      await channel.put(0, { wait: true, timeoutMs: 5000 });
      expect(await peer.request('get', { record: 'MBBO' })).toBe(0);
    });

    test('array puts arrive', async () => {
      using channel = client().channel('SI:WFD');
      await channel.put(Float64Array.from([9, 8]), { wait: true, timeoutMs: 5000 });
      expect(await peer.request('get', { record: 'WFD' })).toMatchObject({ array: [9, 8] });
      await channel.put(Float64Array.from([1, 2, 3.5]), { wait: true, timeoutMs: 5000 });
    });

    test('a put that waits returns when the record has finished', async () => {
      using channel = client().channel('SI:SLOW');
      await channel.ready({ timeoutMs: 5000 });
      const start = performance.now();
      await channel.put(1, { wait: true, timeoutMs: 5000 });
      expect(performance.now() - start).toBeGreaterThan(250);
    });

    test('a monitor sees each change in order', async () => {
      using channel = client().channel('SI:LO');
      const seen: unknown[] = [];
      const start = scheme === 'CA' ? 500 : 600;
      for await (const { value } of channel.monitor({ queueSize: 100 })) {
        seen.push(Number(value));
        if (seen.length === 1) {
          for (let i = 1; i <= 10; i++) await peer.request('set', { record: 'LO', value: start + i });
        }
        if (value === start + 10) break;
      }
      expect(seen.slice(1)).toEqual(Array.from({ length: 10 }, (_, i) => start + 1 + i));
    });

    test('a read-only record refuses a put with an error', async () => {
      using channel = client().channel('SI:RO');
      await expect(channel.put(1, { wait: true, timeoutMs: 5000 })).rejects.toThrow();
      expect(await peer.request('get', { record: 'RO' })).toBe(3);
    });
  });

  test('a long string is whole over PVA and a character array over CA', async () => {
    expect((await pva.get('SI:LS', { timeoutMs: 5000 })).value).toBe('x'.repeat(100));
    const { value } = await ca.get('SI:LS', { timeoutMs: 5000 });
    expect(new TextDecoder().decode(Uint8Array.from(value as Uint8Array).subarray(0, 100))).toBe(
      'x'.repeat(100),
    );
  });

  test('fields of records are read over both', async () => {
    expect((await ca.get('SI:AI.EGU', { timeoutMs: 5000 })).value).toBe('mm');
    expect((await pva.get('SI:AI.DESC', { timeoutMs: 5000 })).value).toBe('analog in');
  });

  test('ARC-S-10 every recorded session replays through our cores, however it is split', () => {
    expect(new Set(recorder.streams.map((stream) => stream.protocol))).toEqual(new Set(['ca', 'pva']));
    expect(expectReplays(recorder.streams)).toBeGreaterThan(200);
  });
});
