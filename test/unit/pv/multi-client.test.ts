import { describe, expect, it } from 'vitest';
import { LocalClient } from '../../../src/pv/local-client.ts';
import type { Snapshot } from '../../../src/pv/model.ts';
import { MultiClient, splitScheme } from '../../../src/pv/multi-client.ts';
import { SharedPv } from '../../../src/pv/shared-pv.ts';
import { StaticSource } from '../../../src/pv/static-source.ts';
import { ManualClock } from '../../../src/testing/index.ts';
import { EpicsErrorCode } from '../../../src/util/index.ts';

const text = (value: string): SharedPv => SharedPv.mailbox({ element: 'string', value });
const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function setUp(defaultScheme: 'ca' | 'pva' | 'auto') {
  const clock = new ManualClock();
  const [ca, pva] = [new StaticSource('ca'), new StaticSource('pva')];
  const clients = { ca: new LocalClient(ca, { clock }), pva: new LocalClient(pva, { clock }) };
  return { clock, ca, pva, client: new MultiClient({ ...clients, defaultScheme, clock }) };
}
const valueOf = async (answer: Promise<Snapshot>): Promise<unknown> => (await answer).value;

describe('MultiClient (ARC-D-25)', () => {
  it('chooses by the prefix of the name', async () => {
    expect(splitScheme('ca://A:B')).toEqual({ scheme: 'ca', name: 'A:B' });
    expect(splitScheme('http://A')).toEqual({ scheme: undefined, name: 'http://A' });
    const { ca, pva, client } = setUp('ca');
    ca.add('X', text('ca'));
    pva.add('X', text('pva'));
    expect(await valueOf(client.channel('X').get())).toBe('ca');
    expect(await valueOf(client.channel('pva://X').get())).toBe('pva');
    expect(await valueOf(client.channel('ca://X').get())).toBe('ca');
    expect(client.scheme).toBe('ca');
    const other = setUp('pva');
    other.pva.add('X', text('pva'));
    expect(await valueOf(other.client.channel('X').get())).toBe('pva');
  });

  it('says that it has no client for a protocol', () => {
    expect(() => new MultiClient({}).channel('X')).toThrow(
      expect.objectContaining({ code: EpicsErrorCode.Config }),
    );
  });

  it('closes both clients', async () => {
    const { client, ca } = setUp('ca');
    ca.add('X', text('ca'));
    const channel = client.channel('X');
    await client.close();
    expect(channel.state).toBe('closed');
  });
});

describe('MultiClient with both protocols searched', () => {
  it('takes PVA when both have the name, and drops the CA channel', async () => {
    const { ca, pva, client } = setUp('auto');
    const onCa = text('ca');
    ca.add('X', onCa);
    pva.add('X', text('pva'));
    const channel = client.channel('X');
    expect(channel.state).toBe('connected');
    expect(await valueOf(channel.get())).toBe('pva');
    expect(onCa.attachedCount).toBe(0);
  });

  it('gives PVA 300 ms after CA has found the name', async () => {
    const { ca, client, clock } = setUp('auto');
    ca.add('X', text('ca'));
    const channel = client.channel('X');
    const answer = channel.get();
    clock.advance(299);
    expect(channel.state).toBe('searching');
    clock.advance(1);
    expect(channel.state).toBe('connected');
    expect(await valueOf(answer)).toBe('ca');
  });

  it('takes PVA when it is found within that time', async () => {
    const { ca, pva, client, clock } = setUp('auto');
    ca.add('X', text('ca'));
    const channel = client.channel('X');
    clock.advance(200);
    pva.add('X', text('pva'));
    clock.advance(1000);
    expect(await valueOf(channel.get())).toBe('pva');
  });

  it('starts subscriptions made before on the channel it takes', async () => {
    const { ca, client, clock } = setUp('auto');
    const pv = text('one');
    const channel = client.channel('X');
    const seen: unknown[] = [];
    const sink = {
      update: (data: Snapshot) => void seen.push(data.value),
      close: () => void seen.push('closed'),
    };
    channel.subscribe(sink);
    channel.subscribe({ update: () => void seen.push('stopped'), close: () => {} })();
    const feed = channel.monitor();
    ca.add('X', pv);
    clock.advance(300);
    pv.post('two');
    expect(seen).toEqual(['one', 'two']);
    expect((await feed.next()).value?.value).toBe('one');
    channel[Symbol.dispose]();
    expect(seen).toEqual(['one', 'two', 'closed']);
  });

  it('keeps the limits of calls while it searches', async () => {
    const { ca, client, clock } = setUp('auto');
    const channel = client.channel('X');
    const put = channel.put('late', { timeoutMs: 50 });
    await turns();
    clock.advance(50);
    await expect(put).rejects.toMatchObject({ code: EpicsErrorCode.Timeout });
    await expect(channel.get({ ifConnected: true })).rejects.toMatchObject({
      code: EpicsErrorCode.Disconnected,
    });
    const pv = text('untouched');
    ca.add('X', pv);
    clock.advance(300);
    await turns();
    expect((pv.fetch() as Snapshot).value).toBe('untouched');
    const waiting = client.channel('NONE');
    const answer = waiting.get();
    const closed: unknown[] = [];
    waiting.subscribe({ update: () => {}, close: (reason) => void closed.push(reason) });
    waiting[Symbol.dispose]();
    await expect(answer).rejects.toMatchObject({ code: EpicsErrorCode.Closed });
    expect(closed).toHaveLength(1);
    await expect(waiting.get()).rejects.toMatchObject({ code: EpicsErrorCode.Closed });
  });
});
