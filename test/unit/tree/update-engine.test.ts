import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../src/testing/index.ts';
import { LinkVariable, LocalCommand, LocalVariable, Root, VariableWait } from '../../../src/tree/index.ts';
import { captureLog } from './tree-helpers.ts';

const log = captureLog();

async function tree(
  variables: readonly LocalVariable<number>[],
  links: readonly LinkVariable<number>[] = [],
) {
  const clock = new ManualClock();
  const root = new Root({ name: 'T', clock, pollEn: false });
  root.add([...variables, ...links]);
  await root.start();
  await root.waitOnUpdate();
  const events: string[] = [];
  root.addVarListener((path, { value }) => events.push(`${path.slice(2)}=${String(value)}`), {
    done: () => events.length > 0 && events.at(-1) !== 'done' && events.push('done'),
    excGroups: ['NoSql', 'NoStream'],
  });
  return { root, clock, events };
}

const local = (name: string, options: object = {}) =>
  new LocalVariable<number>({ name, value: 0, ...options });

describe('updates', () => {
  it('T-6, U-2, U-3: a group delivers each variable once with its last value, then its dependents', async () => {
    const L = local('L');
    const P = local('P');
    const Link = new LinkVariable<number>({ name: 'Link', dependencies: [L], linkedGet: () => L.value * 10 });
    const Link2 = new LinkVariable<number>({
      name: 'Link2',
      dependencies: [Link],
      linkedGet: () => L.value * 20,
    });
    const { root, events } = await tree([L, P], [Link, Link2]);
    await root.updateGroup(async () => {
      await L.set(1);
      await L.set(2);
      await P.get();
      await L.set(3);
    });
    await root.waitOnUpdate();
    expect(events).toStrictEqual(['L=3', 'P=0', 'Link=30', 'Link2=60', 'done']);
  });

  it('U-2: outside a group each update is a batch of its own, U-5: also without a change', async () => {
    const L = local('L');
    const { root, events } = await tree([L]);
    await L.set(0);
    await L.set(0);
    await root.waitOnUpdate();
    expect(events).toStrictEqual(['L=0', 'done', 'L=0', 'done']);
  });

  it('T-6: a period flushes a group that lasts', async () => {
    const L = local('L');
    const { root, clock, events } = await tree([L]);
    await root.updateGroup(async () => {
      await L.set(1);
      clock.advance(1500);
      await L.set(2);
      await settle();
      expect(events).toStrictEqual(['L=2', 'done']);
      await root.updateGroup(() => L.set(3), 10);
      clock.advance(5000);
      await L.set(4);
      await settle();
      expect(events).toHaveLength(2);
    }, 1);
    await root.waitOnUpdate();
    expect(events.slice(2)).toStrictEqual(['L=4', 'done']);
  });

  it('T-6, U-4: staging, value and updateNotify:false are silent', async () => {
    const L = local('L');
    const S = local('S', { updateNotify: false });
    const { root, events } = await tree([L, S]);
    await L.set(1, { write: false });
    expect(L.value).toBe(1);
    await L.get({ read: false });
    await S.set(1);
    await root.waitOnUpdate();
    expect(events).toStrictEqual([]);
  });

  it('U-4: a command with an argument updates, one without does not', async () => {
    const C = new LocalCommand({ name: 'C', value: 0 });
    const N = new LocalCommand({ name: 'N' });
    const { root, events } = await tree([C, N] as never);
    await C.call(5);
    await N.call();
    await root.waitOnUpdate();
    expect(events).toStrictEqual(['C=5', 'done']);
  });

  it('T-7, U-8: a listener that throws or rejects is logged and stops nobody', async () => {
    const L = local('L');
    const { root, events } = await tree([L]);
    L.addListener(() => {
      throw new Error('bad listener');
    });
    L.addListener((async () => {
      throw new Error('bad async listener');
    }) as never);
    await L.set(1);
    await L.set(2);
    await root.waitOnUpdate();
    await settle();
    expect(events).toStrictEqual(['L=1', 'done', 'L=2', 'done']);
    const messages = log.map(({ message }) => message).join('\n');
    expect(messages).toMatch(/Error in update of T\.L: bad listener/);
    expect(messages).toMatch(/bad async listener/);
  });

  it('U-8: a root listener that always throws does not fill the log with itself', async () => {
    const L = local('L');
    const { root } = await tree([L]);
    root.addVarListener(() => {
      throw new Error('always');
    });
    await L.set(1);
    for (let i = 0; i < 5; i++) {
      await settle();
      await root.waitOnUpdate();
    }
    const list = JSON.parse(root.SystemLog.value) as unknown[];
    expect(list).toHaveLength(1);
  });

  it('U-8: a linkedGet that rejects is logged, and the batch goes on', async () => {
    const L = local('L');
    let isBroken = false;
    const Link = new LinkVariable<number>({
      name: 'Link',
      dependencies: [L],
      linkedGet: async () => {
        if (isBroken) throw new Error('no value');
        return 1;
      },
    });
    const Other = new LinkVariable<number>({ name: 'Other', dependencies: [L], linkedGet: () => 2 });
    const { root, events } = await tree([L], [Link, Other]);
    isBroken = true;
    await L.set(1);
    await root.waitOnUpdate();
    expect(events).toStrictEqual(['L=1', 'Other=2', 'done']);
  });

  it('U-1: the own listeners of a variable come before those of the root', async () => {
    const L = local('L');
    const { root, events } = await tree([L]);
    L.addListener((path) => events.push(`own ${path}`));
    await L.set(1);
    await root.waitOnUpdate();
    expect(events).toStrictEqual(['own T.L', 'L=1', 'done']);
  });

  it('U-6: delivery comes after the setter has gone on', async () => {
    const L = local('L');
    const { root, events } = await tree([L]);
    const set = L.set(1);
    events.push('set called');
    await set;
    await root.waitOnUpdate();
    expect(events[0]).toBe('set called');
  });

  it('T-8, U-7: waitOnUpdate ends although a listener triggers itself and a producer goes on', async () => {
    const L = local('L');
    const { root, clock } = await tree([L]);
    let count = 0;
    let isProducing = true;
    L.addListener(() => {
      count++;
      void L.set(count);
    });
    const producer = (async () => {
      while (isProducing) {
        await L.set(-1);
        clock.runDeferred();
      }
    })();
    const before = count;
    await root.waitOnUpdate();
    expect(count).toBeGreaterThan(before);
    isProducing = false;
    await producer;
    await root.stop();
    const after = count;
    await settle();
    expect(count).toBe(after);
  });

  it('U-7: waitOnUpdate returns at once when the tree does not run', async () => {
    await expect(new Root({ name: 'T' }).waitOnUpdate()).resolves.toBeUndefined();
  });

  it('RT-9: root listeners filter by group and can be removed', async () => {
    const A = local('A', { groups: 'G' });
    const B = local('B');
    const { root } = await tree([A, B]);
    const seen: string[] = [];
    const stop = root.addVarListener((path) => seen.push(path), { incGroups: 'G' });
    await A.set(1);
    await B.set(1);
    await root.waitOnUpdate();
    stop[Symbol.dispose]();
    await A.set(2);
    await root.waitOnUpdate();
    expect(seen).toStrictEqual(['T.A']);
  });

  it('U-9: a snapshot has value, display, alarm and time', async () => {
    const L = new LocalVariable<number>({ name: 'L', value: 5, highWarning: 4, disp: '{:d} V' });
    const { root } = await tree([L]);
    expect(await L.getVariableValue()).toMatchObject({
      path: 'T.L',
      value: 5,
      valueDisp: '5 V',
      disp: '{:d} V',
      enum: null,
      status: 'AlarmHigh',
      severity: 'AlarmMinor',
      updated: false,
      timestamp: { seconds: 1_700_000_000, nanoseconds: 0 },
      error: null,
    });
    await root.stop();
  });

  it('U-10: VariableWait ends when all variables were updated, or at its time-out', async () => {
    const A = local('A');
    const B = local('B');
    const { clock } = await tree([A, B]);
    const both = VariableWait([A, B]);
    await settle();
    await A.set(1);
    await B.set(1);
    expect(await both).toBe(true);
    const never = VariableWait([A], ([a]) => a?.value === 99, 2);
    await clock.advanceAsync(2500);
    expect(await never).toBe(false);
    expect(A._listeners).toHaveLength(0);
  });

  it('U-11: updates can be iterated', async () => {
    const A = local('A');
    const { root } = await tree([A]);
    const all = root.updates({ incGroups: null });
    const own = A.updates();
    await A.set(7);
    expect((await own.next()).value).toMatchObject({ value: 7 });
    expect((await all.next()).value).toMatchObject({ path: 'T.A', value: 7 });
    await own.return?.();
    await all.return?.();
    expect(A._listeners).toHaveLength(0);
  });

  it('G-1: two groups at the same time do not mix', async () => {
    const A = local('A');
    const B = local('B');
    const { root, events } = await tree([A, B]);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = root.updateGroup(async () => {
      await A.set(1);
      await held;
      await A.set(2);
    });
    await root.updateGroup(() => B.set(1));
    await root.waitOnUpdate();
    expect(events).toStrictEqual(['B=1', 'done']);
    release();
    await first;
    await root.waitOnUpdate();
    expect(events.slice(2)).toStrictEqual(['A=2', 'done']);
  });
});
