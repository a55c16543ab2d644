import { describe, expect, it } from 'vitest';
import { AlarmCondition } from '../../src/pv/index.ts';
import { ManualClock } from '../../src/testing/index.ts';
import {
  Emulate,
  float,
  LinkVariable,
  LocalVariable,
  RemoteVariable,
  type Root,
} from '../../src/tree/index.ts';
import { caPut, failureOf, type Lab, pvaPut, pvaStruct, startLab, watch } from './harness.ts';
import { topWith } from './trees.ts';

const limits = {
  units: 'volts',
  minimum: 0,
  maximum: 10,
  lowAlarm: 1,
  lowWarning: 2,
  highWarning: 8,
  highAlarm: 9,
};

function startVoltage(extra: object = {}): Promise<Lab> {
  return startLab(
    topWith([
      new LocalVariable({
        name: 'V',
        value: float(5),
        disp: '{:.3f}',
        description: 'A voltage',
        ...limits,
        ...extra,
      }),
    ]),
  );
}

const nodeOf = (root: Root, path: string): LocalVariable => root.getNode(path) as LocalVariable;

/** `[severity, condition]` over CA and `[severity, status, message]` over PVA. */
async function alarmOf(lab: Lab, path: string): Promise<readonly [unknown, unknown]> {
  const { alarm } = await lab.ca.get(lab.pv(path));
  const struct = await pvaStruct(lab, path);
  return [
    [alarm.severity, alarm.condition],
    ['severity', 'status', 'message'].map((name) => struct.get(`alarm.${name}`)),
  ];
}

describe('limits of the tree', () => {
  it('EPS-11.42 EPS-E-57 EPS-E-56 EPS-D-3 records show severity and condition of the tree', async () => {
    const lab = await startVoltage();
    const seen: unknown[] = [];
    for (const value of [5, 9.5, 8.5, 1.5, 0.5]) {
      await caPut(lab, 'Dev.V', value);
      seen.push(await alarmOf(lab, 'Dev.V'));
    }
    expect(seen).toEqual([
      [
        [0, AlarmCondition.NoAlarm],
        [0, 0, ''],
      ],
      [
        [2, AlarmCondition.HiHi],
        [2, 1, 'HIHI'],
      ],
      [
        [1, AlarmCondition.High],
        [1, 1, 'HIGH'],
      ],
      [
        [1, AlarmCondition.Low],
        [1, 1, 'LOW'],
      ],
      [
        [2, AlarmCondition.LoLo],
        [2, 1, 'LOLO'],
      ],
    ]);
    expect(await lab.ca.getValue(`${lab.pv('Dev.V')}.SEVR`, { as: 'string' })).toBe('MAJOR');
    expect(await lab.ca.getValue(`${lab.pv('Dev.V')}.STAT`, { as: 'string' })).toBe('LOLO');
  });

  it('EPS-11.42 EPS-E-58 EPS-D-3 units, precision and limits are in the record and in CTRL data', async () => {
    const lab = await startVoltage();
    const name = lab.pv('Dev.V');
    const fields = ['EGU', 'PREC', 'LOPR', 'HOPR', 'LOLO', 'LOW', 'HIGH', 'HIHI', 'DESC', 'DRVL', 'DRVH'];
    const values = await Promise.all(fields.map((field) => lab.ca.getValue(`${name}.${field}`)));
    expect(values).toEqual(['volts', 3, 0, 10, 1, 2, 8, 9, 'A voltage', 0, 0]);
    const { meta } = await lab.ca.get(name, { as: 'DBR_CTRL_DOUBLE' });
    expect(meta).toMatchObject({
      units: 'volts',
      precision: 3,
      display: { low: 0, high: 10 },
      control: { low: 0, high: 10 },
      alarmLimits: { lolo: 1, low: 2, high: 8, hihi: 9 },
    });
    expect((await pvaStruct(lab, 'Dev.V')).toObject()).toMatchObject({
      display: { units: 'volts', precision: 3, limitLow: 0, limitHigh: 10, description: 'A voltage' },
      control: { limitLow: 0, limitHigh: 10 },
      valueAlarm: {
        active: true,
        lowAlarmLimit: 1,
        highAlarmLimit: 9,
        lowAlarmSeverity: 2,
        lowWarningSeverity: 1,
        highWarningSeverity: 1,
        highAlarmSeverity: 2,
      },
    });
  });

  it('EPS-11.43 a value equal to a limit is no alarm on any path', async () => {
    const lab = await startVoltage();
    for (const value of [9, 8, 2, 1]) {
      await pvaPut(lab, 'Dev.V', value);
      const severity = value === 9 || value === 1 ? 1 : 0;
      const [[overCa], [overPva]] = (await alarmOf(lab, 'Dev.V')) as [[number], [number]];
      expect([value, overCa, overPva]).toEqual([value, severity, severity]);
    }
  });

  it('EPS-E-57 the alarm limits refuse puts, and so do their severities and HYST', async () => {
    const lab = await startVoltage();
    for (const field of ['HIHI', 'HIGH', 'LOW', 'LOLO', 'HHSV', 'HSV', 'LSV', 'LLSV', 'HYST']) {
      expect(await failureOf(lab.ca.put(`${lab.pv('Dev.V')}.${field}`, 1, { wait: true }))).not.toMatch(
        /no failure/,
      );
    }
    await caPut(lab, 'Dev.V', 9.5);
    expect((await lab.ca.get(lab.pv('Dev.V'))).alarm.severity).toBe(2);
  });

  it('EPS-E-57 integers, 64 bits included, have alarms too', async () => {
    const lab = await startLab(
      topWith([
        new LocalVariable({ name: 'I', value: 5, ...limits }),
        new LocalVariable({ name: 'U64', value: 5, typeStr: 'UInt64', ...limits }),
        new LocalVariable({ name: 'Part', value: 5, highAlarm: 7 }),
      ]),
    );
    for (const name of ['I', 'U64', 'Part']) {
      await caPut(lab, `Dev.${name}`, 10);
      expect((await alarmOf(lab, `Dev.${name}`))[0]).toEqual([2, AlarmCondition.HiHi]);
    }
    const struct = await pvaStruct(lab, 'Dev.Part');
    expect(struct.get('valueAlarm.active')).toBe(true);
    expect(struct.get('valueAlarm.highAlarmLimit')).toBe(7);
    expect(struct.get('valueAlarm.lowAlarmSeverity')).toBe(0);
  });
});

describe('metadata', () => {
  it('EPS-E-58 long descriptions and units are cut in the record and complete on PVA', async () => {
    const description = 'D'.repeat(100);
    const units = 'millivolts per second';
    const lab = await startLab(
      topWith([new LocalVariable({ name: 'V', value: float(1), description, units, disp: '{:.20f}' })]),
    );
    const name = lab.pv('Dev.V');
    expect(await lab.ca.getValue(`${name}.DESC$`, { as: 'text' })).toBe('D'.repeat(40));
    expect(await lab.ca.getValue(`${name}.EGU`)).toBe(units.slice(0, 15));
    expect(await lab.ca.getValue(`${name}.PREC`)).toBe(15);
    expect((await lab.ca.get(name, { as: 'DBR_CTRL_DOUBLE' })).meta.units).toBe(units.slice(0, 7));
    const struct = await pvaStruct(lab, 'Dev.V');
    expect([struct.get('display.description'), struct.get('display.units')]).toEqual([description, units]);
  });

  it('EPS-E-58 the display format becomes the form', async () => {
    const disps = ['{:#x}', '{:X}', '{:b}', '{:.3e}', '{:d}'];
    const lab = await startLab(
      topWith(
        disps.map((disp, i) => new LocalVariable({ name: `V${i}`, value: i === 3 ? float(1) : 1, disp })),
      ),
    );
    const forms = await Promise.all(
      disps.map(async (_, i) => {
        const struct = await pvaStruct(lab, `Dev.V${i}`);
        return (struct.get('display.form.choices') as string[])[struct.get('display.form.index') as number];
      }),
    );
    expect(forms).toEqual(['Hex', 'Hex', 'Binary', 'Exponential', 'Default']);
    const record = lab.ioc.database.find(lab.pv('Dev.V0'));
    expect([record?.info('rogue:path'), record?.info('Q:form')]).toEqual(['Top.Dev.V0', 'Hex']);
  });

  it('EPS-E-58 without limits the fields stay 0', async () => {
    const lab = await startLab(topWith([new LocalVariable({ name: 'V', value: float(1) })]));
    expect((await pvaStruct(lab, 'Dev.V')).toObject()).toMatchObject({
      display: { limitLow: 0, limitHigh: 0 },
      control: { limitLow: 0, limitHigh: 0 },
      valueAlarm: { active: false },
    });
  });

  it('EPS-E-58 arrays and texts carry description, and arrays units', async () => {
    const lab = await startLab(
      topWith([
        new LocalVariable({ name: 'A', value: Float64Array.of(1), description: 'an array', units: 'mA' }),
        new LocalVariable({ name: 'S', value: 'x', description: 'a text' }),
      ]),
    );
    const array = await pvaStruct(lab, 'Dev.A');
    expect([array.get('display.description'), array.get('display.units')]).toEqual(['an array', 'mA']);
    expect((await pvaStruct(lab, 'Dev.S')).get('display.description')).toBe('a text');
  });
});

describe('failed reads', () => {
  it('EPS-E-57 a register whose poll fails keeps its value, INVALID and COMM with the text', async () => {
    const clock = new ManualClock();
    const mem = new Emulate({ clock });
    const root = topWith([new RemoteVariable({ name: 'Reg', offset: 0, mode: 'RO', pollInterval: 1 })], {
      root: { clock, pollEn: true },
      dev: { memBase: mem },
    });
    mem.write(0n, Uint8Array.of(42, 0, 0, 0));
    const lab = await startLab(root);
    const seen = await watch(lab.ca, lab.pv('Dev.Reg'));
    await clock.advanceAsync(1100);
    await seen.until(({ value }) => value === 42);
    mem.failure = 'cable is out';
    await clock.advanceAsync(1100);
    const bad = await seen.until(({ alarm }) => alarm.severity === 3);
    expect([bad.value, bad.alarm.condition]).toEqual([42, AlarmCondition.Comm]);
    const struct = await pvaStruct(lab, 'Dev.Reg');
    expect(struct.get('alarm.message')).toContain('cable is out');
    expect(struct.get('value')).toBe(42n);
    mem.failure = undefined;
    await clock.advanceAsync(1100);
    await root.waitOnUpdate();
    expect((await lab.ca.get(lab.pv('Dev.Reg'))).alarm.severity).toBe(0);
    lab.takeErrors();
  });

  it('EPS-E-33 EPS-E-30 a localGet that throws at the start is served INVALID, and the rest works', async () => {
    let isBroken = true;
    const bad = new LocalVariable({
      name: 'Bad',
      value: float(1),
      mode: 'RO',
      localGet: () => {
        if (isBroken) throw new Error('no such file');
        return 7.5;
      },
    });
    const lab = await startLab(topWith([bad, new LocalVariable({ name: 'Good', value: 3 })]));
    expect(await lab.ca.getValue(lab.pv('Dev.Good'))).toBe(3);
    const before = await lab.ca.get(lab.pv('Dev.Bad'));
    expect([before.value, before.alarm.severity]).toEqual([0, 3]);
    expect((await pvaStruct(lab, 'Dev.Bad')).get('alarm.message')).toContain('no such file');
    expect(lab.takeErrors().map(({ message }) => message)).toContainEqual(
      expect.stringContaining('cannot show Top.Dev.Bad on "T:Top:Dev:Bad": no such file'),
    );
    isBroken = false;
    await bad.get();
    await lab.root.waitOnUpdate();
    expect(await lab.ca.get(lab.pv('Dev.Bad'))).toMatchObject({ value: 7.5, alarm: { severity: 0 } });
  });

  it('EPS-E-33 EPS-D-6 EPS-D-18 a value that no PV can show makes that PV INVALID, is logged once, and harms no other', async () => {
    const odd = new LocalVariable<unknown>({ name: 'Odd', value: 5, typeCheck: false });
    const lab = await startLab(topWith([odd, new LocalVariable({ name: 'Good', value: 3 })]));
    for (let i = 0; i < 3; i++) await odd.set('not a number');
    await nodeOf(lab.root, 'Top.Dev.Good').set(4);
    await lab.root.waitOnUpdate();
    expect(await lab.ca.getValue(lab.pv('Dev.Good'))).toBe(4);
    expect(await lab.ca.get(lab.pv('Dev.Odd'))).toMatchObject({ value: 5, alarm: { severity: 3 } });
    const errors = lab.takeErrors().filter(({ name }) => name === 'pyrogue.EpicsPvServer');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toMatch(/Top\.Dev\.Odd on "T:Top:Dev:Odd"/);
    await odd.set(6);
    await lab.root.waitOnUpdate();
    expect(await lab.ca.get(lab.pv('Dev.Odd'))).toMatchObject({ value: 6, alarm: { severity: 0 } });
  });
});

describe('links', () => {
  it('EPS-11.77 a LinkVariable follows its polled dependency, with units and alarms', async () => {
    const clock = new ManualClock();
    let raw = 10;
    const source = new LocalVariable({
      name: 'Raw',
      value: 0,
      mode: 'RO',
      pollInterval: 0.5,
      localGet: () => raw,
    });
    const link = new LinkVariable<number>({
      name: 'Scaled',
      dependencies: [source],
      units: 'mA',
      typeStr: 'float',
      disp: '{:.1f}',
      highWarning: 3,
      highAlarm: 5,
      linkedGet: () => (source.value as number) / 10,
    });
    const lab = await startLab(topWith([source, link], { root: { clock, pollEn: true } }));
    const seen = await watch(lab.pva, lab.pv('Dev.Scaled'));
    for (const [value, severity] of [
      [40, 1],
      [60, 2],
      [20, 0],
    ] as const) {
      raw = value;
      await clock.advanceAsync(600);
      const update = await seen.until((each) => each.value === value / 10);
      expect([update.alarm.severity, update.meta.units]).toEqual([severity, 'mA']);
      expect((await lab.ca.get(lab.pv('Dev.Scaled'))).alarm.severity).toBe(severity);
    }
  });
});
