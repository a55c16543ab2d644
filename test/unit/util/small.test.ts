import { expect, test } from 'vitest';
import {
  AsyncFeed,
  addLogSink,
  ConfigError,
  cutUtf8,
  decodeLatin1,
  decodeUtf8,
  EnvReader,
  encodeUtf8,
  formatEndpoint,
  formatLogRecord,
  formatTable,
  getLogger,
  IdTable,
  isEpicsError,
  isMulticast,
  Listeners,
  type LogRecord,
  matchesGlob,
  parseAddress,
  parseAddressList,
  Ring,
  setLogLevel,
  setLogLevels,
  TimeoutError,
  traceChannel,
  utf8Length,
  writeUtf8,
} from '../../../src/util/index.ts';

test('an id table gives dense ids and uses freed ones again', () => {
  const table = new IdTable<string>(1);
  expect([table.add('a'), table.add('b'), table.add('c')]).toEqual([1, 2, 3]);
  expect(table.remove(2)).toBe('b');
  expect(table.remove(2)).toBeUndefined();
  expect(table.get(2)).toBeUndefined();
  expect(table.add('d')).toBe(2);
  expect([...table.values()]).toEqual(['a', 'd', 'c']);
  expect(table.size).toBe(3);
  expect(table.get(99)).toBeUndefined();
});

test('a ring keeps order while it grows and wraps', () => {
  const ring = new Ring<number>(2);
  const out: number[] = [];
  for (let i = 0; i < 100; i++) {
    ring.push(i);
    if (i % 3 === 0) out.push(ring.shift() as number);
  }
  expect(ring.first()).toBe(out.length);
  expect(ring.last()).toBe(99);
  ring.replaceLast(-1);
  while (ring.length > 0) out.push(ring.shift() as number);
  expect(out).toEqual([...Array.from({ length: 99 }, (_, i) => i), -1]);
  expect(ring.shift()).toBeUndefined();
});

test('addresses are parsed with port, multicast time to live and interface', () => {
  expect(parseAddress('ioc1', 5076, 'X')).toEqual({
    host: 'ioc1',
    port: 5076,
    ttl: undefined,
    onInterface: undefined,
  });
  expect(parseAddress('10.0.0.1:99', 5076, 'X').port).toBe(99);
  expect(parseAddress('239.1.1.1:5,3@10.0.0.1', 5076, 'X')).toEqual({
    host: '239.1.1.1',
    port: 5,
    ttl: 3,
    onInterface: '10.0.0.1',
  });
  expect(parseAddress('[::1]:7', 5076, 'X')).toMatchObject({ host: '::1', port: 7 });
  expect(parseAddressList(' a  b:2 ', 1, 'X').map((entry) => entry.port)).toEqual([1, 2]);
  expect(formatEndpoint({ address: '::1', port: 2 })).toBe('[::1]:2');
  expect([isMulticast('224.0.0.128'), isMulticast('10.1.2.3')]).toEqual([true, false]);
});

for (const bad of [
  '256.1.1.1',
  '1.2.3',
  'host:',
  'host:70000',
  ':5',
  '[::1',
  '[::1]x',
  'a b',
  'h,300',
  'h@',
  'ho$t',
  '1:2:z',
]) {
  test(`the bad address "${bad}" is an error that names the setting and the entry`, () => {
    expect(() => parseAddress(bad, 1, 'EPICS_PVA_ADDR_LIST')).toThrow(ConfigError);
    expect(() => parseAddress(bad, 1, 'EPICS_PVA_ADDR_LIST')).toThrow(
      `EPICS_PVA_ADDR_LIST: bad address "${bad}"`,
    );
  });
}

test('bad environment values are reported once each and replaced by the default', () => {
  const warnings: string[] = [];
  const env = new EnvReader({ PORT: 'abc', FLAG: 'perhaps', LIST: ' a b ', OK: '12', EMPTY: ' ' }, (text) =>
    warnings.push(text),
  );
  expect(env.port(['PORT'], 5064)).toBe(5064);
  expect(env.yesNo(['FLAG'], true)).toBe(true);
  expect(env.yesNo(['NONE'], false)).toBe(false);
  expect(env.port(['NONE', 'OK'], 1)).toBe(12);
  expect(env.words('LIST')).toEqual(['a', 'b']);
  expect(env.text('EMPTY')).toBeUndefined();
  expect(env.isSet('EMPTY')).toBe(true);
  expect(warnings).toHaveLength(2);
  expect(warnings[0]).toContain('PORT="abc"');
});

test('globs match whole texts', () => {
  expect(matchesGlob('epics.*', 'epics.pva.tcp')).toBe(true);
  expect(matchesGlob('epics.*', 'xepics.pva')).toBe(false);
  expect(matchesGlob('a?[0-9][!x].', 'ab5y.')).toBe(true);
  expect(matchesGlob('a?[0-9][!x].', 'ab5xz')).toBe(false);
  expect(matchesGlob('a[', 'a[')).toBe(true);
});

test('UTF-8 is measured, written, cut on character borders and read back', () => {
  const text = 'aµ€😀'.repeat(10);
  expect(utf8Length(text)).toBe(encodeUtf8(text).length);
  const bytes = new Uint8Array(utf8Length(text) + 3);
  expect(writeUtf8(text, bytes, 3)).toBe(utf8Length(text));
  expect(decodeUtf8(bytes, 3, bytes.length)).toBe(text);
  expect(cutUtf8('aµ€😀', 6)).toBe('aµ€');
  expect(cutUtf8('aµ€😀', 9)).toBe('aµ€');
  expect(cutUtf8('aµ€😀', 10)).toBe('aµ€😀');
  expect(decodeUtf8(Uint8Array.from([0x80, 0xff, 65]), 0, 3)).toBe('\ufffd\ufffdA');
  expect(decodeLatin1(Uint8Array.from([0xb0, 67]), 0, 2)).toBe('°C');
  expect(decodeUtf8(bytes, 5, 5)).toBe('');
});

test('a feed hands items to one consumer in order and ends on return', async () => {
  let ended = 0;
  const feed = new AsyncFeed<number>({ capacity: 2, onEnd: () => ended++ });
  const first = feed.next();
  const second = feed.next();
  feed.push(1);
  feed.push(2);
  expect([(await first).value, (await second).value]).toEqual([1, 2]);
  feed.push(3);
  feed.push(4);
  feed.push(5);
  expect(feed.dropped).toBe(1);
  const got: number[] = [];
  for await (const item of feed) {
    got.push(item);
    if (item === 5) break;
  }
  expect(got).toEqual([4, 5]);
  expect(ended).toBe(1);
  expect((await feed.next()).done).toBe(true);
});

test('a feed ends with the reason of its signal and delivers batches', async () => {
  const abort = new AbortController();
  const feed = new AsyncFeed<number>({ signal: abort.signal });
  feed.push(1);
  feed.push(2);
  const batches = feed.batches();
  expect((await batches.next()).value).toEqual([1, 2]);
  const reason = new Error('enough');
  abort.abort(reason);
  await expect(batches.next()).rejects.toBe(reason);
});

test('errors are recognised by brand and code', () => {
  const error = new TimeoutError('get "X" timed out', { pvName: 'X' });
  expect(isEpicsError(error, 'EPICS_TIMEOUT')).toBe(true);
  expect(isEpicsError(error, 'EPICS_CLOSED')).toBe(false);
  expect(isEpicsError(new Error('x'))).toBe(false);
  expect([error.name, error.pvName]).toEqual(['TimeoutError', 'X']);
});

test('a throwing listener does not keep the others from being called', () => {
  const thrown: unknown[] = [];
  const listeners = new Listeners<number>((error) => thrown.push(error));
  const got: number[] = [];
  listeners.add(() => {
    throw new Error('mine');
  });
  const stop = listeners.add((n) => got.push(n));
  listeners.emit(1);
  stop();
  stop();
  listeners.emit(2);
  expect(got).toEqual([1]);
  expect(thrown).toHaveLength(2);
  expect(listeners.size).toBe(1);
});

test('log levels follow patterns, the first match of a list wins', () => {
  const records: LogRecord[] = [];
  const stop = addLogSink((record) => records.push(record));
  const log = getLogger('epics.zz.tcp').child({ peer: '127.0.0.1:1' });
  log.info('hidden');
  expect(setLogLevels('epics.zz.*=debug,*=warn,rubbish')).toEqual(['rubbish']);
  log.info({ pv: 'A B' }, 'shown');
  setLogLevel('epics.zz.*', 'off');
  log.error('hidden again');
  stop();
  expect(records.map((record) => record.message)).toEqual(['shown']);
  expect(formatLogRecord(records[0] as LogRecord)).toMatch(
    /INFO epics\.zz\.tcp shown peer=127\.0\.0\.1:1 pv="A B"$/,
  );
  setLogLevel('*', 'warn');
});

test('tables are aligned and have no blanks at line ends', () => {
  expect(
    formatTable([
      ['a', 'long', ''],
      ['bbb', 'x', 'y'],
    ]),
  ).toBe('a    long\nbbb  x     y');
});

test('a trace channel publishes to subscribers only', async () => {
  const { subscribe, unsubscribe } = await import('node:diagnostics_channel');
  const channel = traceChannel('test:small');
  expect(channel.hasSubscribers).toBe(false);
  const got: unknown[] = [];
  const listener = (message: unknown): void => void got.push(message);
  subscribe('epics-ts:test:small', listener);
  expect(channel.hasSubscribers).toBe(true);
  channel.publish({ pv: 'X' });
  unsubscribe('epics-ts:test:small', listener);
  expect(got).toEqual([{ pv: 'X' }]);
});
