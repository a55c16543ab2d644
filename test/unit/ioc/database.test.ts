import { describe, expect, it } from 'vitest';
import { Claim, type NameEvent } from '../../../src/pv/index.ts';
import { servedPvContract, settle } from '../../../src/testing/index.ts';
import { Bench, peer } from './helpers.ts';

describe('record field PV', () => {
  for (const c of servedPvContract(() => {
    const bench = new Bench();
    bench.add('ao', 'R', { VAL: 0 });
    return {
      pv: bench.pv('R.DESC'),
      change: (n) => bench.database.find('R')?.setField('DESC', `text ${n}`),
      expected: (n) => `text ${n}`,
      put: { write: { element: 'string', value: 'put' }, expected: 'put' },
      close: () => {
        bench.database.removeRecord('R');
      },
    };
  })) {
    it(`of DESC keeps the contract: ${c.name}`, c.run);
  }

  for (const c of servedPvContract(() => {
    const bench = new Bench();
    bench.add('longout', 'R', { VAL: 0 });
    return {
      pv: bench.pv('R'),
      change: (n) => bench.database.find('R')?.setField('VAL', n),
      expected: (n) => n,
      // A put from inside an update finds the record active: it processes again on a later turn.
      settle: async () => {
        bench.clock.runDeferred();
        await settle();
      },
      put: { write: { element: 'int32', value: 99 }, expected: 99 },
      badPut: { element: 'string', value: 'abc' },
      close: () => {
        bench.database.removeRecord('R');
      },
    };
  })) {
    it(`of VAL keeps the contract: ${c.name}`, c.run);
  }
});

describe('names', () => {
  it('F1.1 F1.2 finds records, aliases, fields and long texts, and nothing else', () => {
    const bench = new Bench();
    bench.add('stringin', 'A', {}, { aliases: ['ALIAS'] });
    const yes = [
      'A',
      'A.',
      'A.VAL',
      'A.DESC',
      'ALIAS',
      'ALIAS.SCAN',
      'A.DESC$',
      'A.VAL$',
      'A.NAME$',
      'A.$',
      'A$',
      'A.FLNK$',
      'A.RTYP',
    ];
    const no = [
      'B',
      'A.NOPE',
      'A.UDF$',
      'A.MLIS',
      'A.TIME',
      'A.val',
      '',
      '.',
      '$',
      'A.B.C',
      'A.VAL{}',
      'A.[0]',
    ];
    for (const name of yes) {
      expect([name, bench.source.claims(name, peer)]).toEqual([name, Claim.Yes]);
      expect([name, bench.source.open(name, peer) !== undefined]).toEqual([name, true]);
    }
    for (const name of no) {
      expect([name, bench.source.claims(name, peer)]).toEqual([name, Claim.No]);
      expect(bench.source.open(name, peer)).toBeUndefined();
    }
  });

  it('EPS-E-11 tries the whole name as a record first, brackets and dots included', () => {
    const bench = new Bench();
    bench.add('ai', 'B:Ch[0]:Gain', { DESC: 'gain' });
    bench.add('ai', 'x.y', { VAL: 4 });
    bench.add('ai', 'x');
    expect(bench.pv('B:Ch[0]:Gain').name).toBe('B:Ch[0]:Gain');
    expect(bench.pv('B:Ch[0]:Gain.DESC').name).toBe('B:Ch[0]:Gain.DESC');
    expect(bench.pv('x.y').name).toBe('x.y');
    expect(bench.pv('x.y.DESC').name).toBe('x.y.DESC');
  });

  it('D-3 gives the same object for a field under all its names', () => {
    const bench = new Bench();
    bench.add('ai', 'A', {}, { aliases: ['B'] });
    expect(bench.pv('B.VAL')).toBe(bench.pv('A'));
    expect(bench.pv('A.DESC')).not.toBe(bench.pv('A'));
  });

  it('0.11 announces names that come and go and closes the channels of a removed record', () => {
    const bench = new Bench();
    const events: NameEvent[] = [];
    const stop = bench.source.onNames((event) => events.push(event));
    bench.add('ai', 'A', {}, { aliases: ['B'] });
    bench.database.addAlias('A', 'C');
    const watch = bench.watch('B');
    expect(bench.database.removeRecord('C')).toBe(true);
    expect(bench.database.removeRecord('A')).toBe(false);
    expect(events.map((e) => `${e.type} ${e.name}`)).toEqual([
      'added A',
      'added B',
      'added C',
      'removed A',
      'removed B',
      'removed C',
    ]);
    expect(watch.closes[0]?.message).toBe('record "A" was removed');
    expect(bench.source.claims('B', peer)).toBe(Claim.No);
    stop();
    bench.add('ai', 'A');
    expect(events).toHaveLength(6);
    expect([...bench.source.list().names]).toEqual(['A']);
    expect(bench.source.report()).toEqual({ records: 1 });
  });

  it('refuses bad records and leaves the database unchanged', () => {
    const bench = new Bench();
    bench.add('ai', 'A');
    const bad: (() => unknown)[] = [
      () => bench.add('nope', 'B'),
      () => bench.add('ai', 'A'),
      () => bench.add('ai', ''),
      () => bench.add('ai', 'x'.repeat(61)),
      () => bench.add('ai', 'a b'),
      () => bench.add('ai', 'B', {}, { aliases: ['A'] }),
      () => bench.add('ai', 'B', { NOPE: 1 }),
      () => bench.add('ai', 'B', { HIHI: '12x' }),
      () => bench.add('ai', 'B', { SCAN: 'often' }),
      () => bench.add('ai', 'B', { DTYP: 'js' }),
      () => bench.add('ai', 'B', { TIME: 1 }),
      () => bench.database.addAlias('NOPE', 'B'),
      () => bench.database.addAlias('A', 'A'),
    ];
    for (const action of bad) expect(action).toThrow();
    expect(() => bench.add('ai', 'B', { HIHI: '12x' })).toThrow('field B.HIHI: "12x" is not a number');
    expect([...bench.database.names()]).toEqual(['A']);
    expect(bench.database.records().map((r) => r.name)).toEqual(['A']);
  });

  it('RTYP names the record type', async () => {
    const bench = new Bench();
    bench.add('mbbo', 'A');
    expect((await bench.read('A.RTYP')).value).toBe('mbbo');
    expect((await bench.read('A.VERS')).value).toBe('none specified');
    expect(bench.pv('A.DESC').className).toBe('mbbo');
  });
});

describe('scanning', () => {
  it('E2 processes PINI by PHAS, then RUN, RUNNING, and PAUSE, PAUSED when paused', async () => {
    const bench = new Bench();
    let order = '';
    const add = (name: string, PINI: string, PHAS = 0): void => {
      bench.add('ao', name, { PINI, PHAS }, { device: { write: () => void (order += name) } });
    };
    add('2', 'YES', 2);
    add('1', 'YES', 1);
    add('9', 'YES', -1);
    add('4', 'RUNNING');
    add('3', 'RUN');
    add('6', 'PAUSED');
    add('5', 'PAUSE');
    await bench.database.start();
    expect(order).toBe('91234');
    bench.database.pause();
    expect(order).toBe('9123456');
    await bench.database.start();
    expect(order).toBe('912345634');
  });

  it('E1.2 E1.3 scans periodically from one period on, by PHAS, and follows a changed SCAN', async () => {
    const bench = new Bench();
    let order = '';
    const add = (name: string, fields: Record<string, string | number>): void => {
      bench.add('ai', name, fields, { device: { read: () => void (order += name) } });
    };
    add('b', { SCAN: '.1 second', PHAS: 1 });
    add('a', { SCAN: '.1 second' });
    await bench.database.start();
    bench.clock.advance(99);
    expect(order).toBe('');
    bench.clock.advance(901);
    expect(order).toBe('ab'.repeat(10));
    bench.database.find('a')?.setField('SCAN', 'Passive');
    order = '';
    bench.clock.advance(100);
    expect(order).toBe('b');
    await bench.database.close();
    bench.clock.advance(1000);
    expect(order).toBe('b');
    expect(bench.clock.nextMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('E1.4 scans on named and numbered events', () => {
    const bench = new Bench();
    let order = '';
    const add = (name: string, EVNT: string): void => {
      bench.add('ai', name, { SCAN: 'Event', EVNT }, { device: { read: () => void (order += name) } });
    };
    add('a', '3.7');
    add('b', ' go ');
    add('c', '0');
    for (const event of [3, 'go', '0', '', 'other']) bench.database.postEvent(event);
    expect(order).toBe('ab');
  });

  it('E1.5 scans on the interrupts of device support, and returns to Passive without one', () => {
    const bench = new Bench();
    let fire = (): void => {};
    let value = 1;
    bench.add(
      'ai',
      'A',
      { SCAN: 'I/O Intr' },
      {
        device: {
          read: () => ({ value: value++ }),
          ioIntr: (scan) => {
            fire = scan;
            return () => (fire = () => {});
          },
        },
      },
    );
    fire();
    fire();
    expect(bench.get('A')).toBe(2);
    bench.database.find('A')?.setField('SCAN', 0);
    fire();
    expect(bench.get('A')).toBe(2);
    bench.add('ai', 'B', { SCAN: 'I/O Intr' });
    expect(bench.get('B.SCAN')).toBe(0);
  });
});

describe('device support', () => {
  it('E6.1 a promise keeps the record active, a rejection is READ/INVALID with its text', async () => {
    const bench = new Bench();
    let settleRead: (error?: Error) => void = () => {};
    bench.add(
      'ai',
      'A',
      {},
      {
        device: {
          read: () =>
            new Promise((resolve, reject) => {
              settleRead = (error) => (error === undefined ? resolve({ value: 7 }) : reject(error));
            }),
        },
      },
    );
    const first = bench.database.find('A')?.putField('PROC', 1, { wait: true });
    expect(bench.get('A.PACT')).toBe(1);
    settleRead();
    await first;
    expect([bench.get('A'), bench.get('A.PACT')]).toEqual([7, 0]);
    const second = bench.database.find('A')?.putField('PROC', 1, { wait: true });
    settleRead(new Error('no answer'));
    await second;
    expect([bench.get('A'), ...bench.alarm('A'), bench.get('A.AMSG')]).toEqual([7, 3, 1, 'no answer']);
  });

  it('J2.10 onGet refreshes the value that a client reads', async () => {
    const bench = new Bench();
    let count = 0;
    bench.add('longin', 'A', {}, { device: { onGet: () => Promise.resolve(++count) } });
    expect((await bench.read('A')).value).toBe(1);
    expect((await Promise.all([bench.read('A'), bench.read('A')])).map((s) => s.value)).toEqual([2, 2]);
    expect((await bench.read('A')).time.seconds).toBeGreaterThan(1_600_000_000);
  });
});
