import { describe, expect, it } from 'vitest';
import { makeEpicsV7Suffix } from '../../src/protocols/epicsV7/index.ts';
import type { Snapshot } from '../../src/pv/index.ts';
import { ManualClock } from '../../src/testing/index.ts';
import { float, LocalVariable } from '../../src/tree/index.ts';
import { caGet, pvaGet, startLab, watch } from './harness.ts';
import { LocalRoot, topWith } from './trees.ts';

const LOW = 'LocalRoot.LongNameSubDev.AlarmTestFloatWithUnitsAndThresholds';

const timeOf = ({ time }: Snapshot): number => time.seconds + time.nanoseconds / 1e9;

describe('updates of the tree', () => {
  it('EPS-11.31 EPS-E-28 a polled RO variable goes from 0 to 99 in monitors and gets', async () => {
    const clock = new ManualClock();
    const root = new LocalRoot({ clock });
    const lab = await startLab(root);
    const overCa = await watch(lab.ca, lab.pv('SimpleDev.LocalRoInt'));
    const overPva = await watch(lab.pva, lab.pv('SimpleDev.LocalRoInt'));
    expect(overCa.updates[0]?.value).toBe(0);
    root.simple.roSource = 99;
    await clock.advanceAsync(600);
    await Promise.all([overCa, overPva].map(({ until }) => until(({ value }) => value === 99)));
    expect(await caGet(lab, 'SimpleDev.LocalRoInt')).toBe(99);
    expect(await pvaGet(lab, 'SimpleDev.LocalRoInt')).toBe(99);
  });

  it('EPS-11.50 EPS-E-28 EPS-E-29 EPS-D-1 monitors of an RW variable see every change of the tree, with severity and time', async () => {
    const clock = new ManualClock();
    const x = new LocalVariable({ name: 'X', value: float(0), highWarning: 5, highAlarm: 8 });
    const lab = await startLab(topWith([x], { root: { clock } }));
    const watches = [await watch(lab.ca, lab.pv('Dev.X')), await watch(lab.pva, lab.pv('Dev.X'))];
    const values = [3, 6, 9, 2, 1];
    for (const value of values) {
      await clock.advanceAsync(10);
      await x.set(value);
      await lab.root.waitOnUpdate();
      // One at a time: a client that is slower than its server sees the last of several.
      await Promise.all(watches.map(({ until }) => until((each) => each.value === value)));
    }
    for (const { updates } of watches) {
      expect(updates.map(({ value }) => value)).toEqual([0, ...values]);
      expect(updates.map(({ alarm }) => alarm.severity)).toEqual([0, 0, 1, 2, 0, 0]);
      const times = updates.map(timeOf);
      for (const [i, time] of times.entries()) if (i > 0) expect(time).toBeGreaterThan(times[i - 1] ?? 0);
      expect(times[0]).toBeCloseTo(1_700_000_000, 2);
    }
  });

  it('EPS-E-29 integers post every update; others refresh the time without an event', async () => {
    const clock = new ManualClock();
    const nodes = [
      new LocalVariable({ name: 'I', value: 1 }),
      new LocalVariable({ name: 'U32', value: 1, typeStr: 'UInt32' }),
      new LocalVariable({ name: 'F', value: float(1) }),
      new LocalVariable({ name: 'E', value: true }),
      new LocalVariable({ name: 'S', value: 'a' }),
      new LocalVariable({ name: 'A', value: Float64Array.of(1, 2) }),
    ];
    const lab = await startLab(topWith(nodes, { root: { clock } }));
    const watches = await Promise.all(nodes.map(({ name }) => watch(lab.ca, lab.pv(`Dev.${name}`))));
    const end: readonly unknown[] = [9, 9, 9, false, 'z', Float64Array.of(1, 3)];
    for (const node of nodes) {
      await clock.advanceAsync(5);
      await node.set(node.value as never);
    }
    await lab.root.waitOnUpdate();
    const refreshed = timeOf(await lab.ca.get(lab.pv('Dev.F')));
    await clock.advanceAsync(100);
    for (const [i, node] of nodes.entries()) await node.set(end[i] as never);
    await lab.root.waitOnUpdate();
    await Promise.all(watches.map(({ until }) => until((each) => timeOf(each) > refreshed + 0.05)));
    expect(watches.map(({ updates }) => updates.length)).toEqual([3, 3, 2, 2, 2, 2]);
    expect(refreshed).toBeGreaterThan(1_700_000_000);
  });

  it('EPS-11.51 EPS-E-30 EPS-D-2 right after the start RW PVs are valid and defined', async () => {
    const lab = await startLab(new LocalRoot({ pollEn: false }));
    const names = lab.epics
      .entries()
      .filter(({ isWritable }) => isWritable)
      .map(({ caName }) => caName);
    expect(names.length).toBeGreaterThan(40);
    for (const name of names) {
      const status = await lab.ca.getValue(`${name}.STAT`, { as: 'string' });
      // One variable begins at 0, below its limits.
      expect([name, await lab.ca.getValue(`${name}.UDF`), status]).toEqual([
        name,
        0,
        name.endsWith(makeEpicsV7Suffix('T', LOW.replaceAll('.', ':'))) ? 'LOLO' : 'NO_ALARM',
      ]);
    }
    expect((await lab.pva.get(lab.pv('SimpleDev.LocalRwInt'))).alarm.severity).toBe(0);
  });

  it('EPS-E-30 a null value is 0, undefined and INVALID; an undefined text is empty', async () => {
    const lab = await startLab(
      topWith([
        new LocalVariable<number | null>({
          name: 'N',
          value: null,
          typeStr: 'UInt16',
          mode: 'RO',
          localGet: () => null,
        }),
      ]),
    );
    expect(await pvaGet(lab, 'Dev.N')).toBe('');
  });

  it('EPS-11.75 EPS-D-18 a user listener that throws stops no update', async () => {
    const x = new LocalVariable({ name: 'X', value: 0 });
    const y = new LocalVariable({ name: 'Y', value: 0 });
    const root = topWith([x, y]);
    x.addListener(() => {
      throw new Error('my listener is broken');
    });
    const lab = await startLab(root);
    root.addVarListener(() => {
      throw new Error('this one too');
    });
    for (const value of [1, 2, 3]) {
      await x.set(value);
      await y.set(value);
      await root.waitOnUpdate();
      expect([await caGet(lab, 'Dev.X'), await pvaGet(lab, 'Dev.Y')]).toEqual([value, value]);
    }
    expect(lab.takeErrors().some(({ message }) => message.includes('my listener is broken'))).toBe(true);
    await root.waitOnUpdate();
    lab.takeErrors();
  });

  it('EPS-11.78 updateGroup of 500 variables gives each PV one event with the last value', async () => {
    const nodes = Array.from({ length: 500 }, (_, i) => new LocalVariable({ name: `V${i}`, value: -1 }));
    const lab = await startLab(topWith(nodes));
    const watches = await Promise.all(nodes.map(({ name }) => watch(lab.pva, lab.pv(`Dev.${name}`))));
    const overCa = await Promise.all(
      nodes.slice(0, 50).map(({ name }) => watch(lab.ca, lab.pv(`Dev.${name}`))),
    );
    await lab.root.updateGroup(async () => {
      for (let round = 0; round < 4; round++) {
        for (const [i, node] of nodes.entries()) await node.set(round * 1000 + i);
      }
    });
    await Promise.all(watches.map(({ until }, i) => until(({ value }) => value === 3000 + i)));
    await Promise.all(overCa.map(({ until }, i) => until(({ value }) => value === 3000 + i)));
    for (const [i, { updates }] of [...watches, ...overCa].entries()) {
      expect(updates.map(({ value }) => value)).toEqual([-1, 3000 + (i % 500)]);
    }
  });

  it('EPS-11.79 EPS-D-6 EPS-E-23 SystemLog beyond 4 kB is complete on PVA, cut on CA, and goes on', async () => {
    const lab = await startLab(topWith([new LocalVariable({ name: 'X', value: 0 })]));
    const seen = await watch(lab.pva, 'T:Top:SystemLog');
    for (let i = 0; i < 60; i++) lab.root.log.warn(`entry ${i} ${'.'.repeat(200)}`);
    await lab.root.waitOnUpdate();
    const full = lab.root.SystemLog.value;
    expect(full.length).toBeGreaterThan(12_000);
    expect(await lab.pva.getValue('T:Top:SystemLog')).toBe(full);
    const cut = (await lab.ca.getValue('T:Top:SystemLog', { as: 'text' })) as string;
    expect(cut).toBe(full.slice(0, 4095));
    await seen.until(({ value }) => value === full);
    lab.root.log.warn('one more');
    await seen.until(({ value }) => String(value).includes('one more'));
  });

  it('EPS-11.81 Time and LocalTime change every second', async () => {
    const clock = new ManualClock();
    const lab = await startLab(topWith([], { root: { clock } }));
    const time = await watch(lab.pva, 'T:Top:Time');
    const text = await watch(lab.ca, 'T:Top:LocalTime');
    for (let second = 1; second <= 3; second++) {
      await clock.advanceAsync(1000);
      await time.until(({ value }) => value === 1_700_000_000 + second);
      await text.until(() => text.updates.length === 1 + second);
    }
    expect(time.updates.map(({ value }) => Number(value) - 1_700_000_000)).toEqual([0, 1, 2, 3]);
    expect(new Set(text.updates.map(({ value }) => String(value))).size).toBe(4);
  });
});
