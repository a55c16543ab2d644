import { describe, expect, it } from 'vitest';
import { makeNdArray, readNdArray } from '../../src/nt/index.ts';
import { makeEpicsV7Suffix } from '../../src/protocols/epicsV7/index.ts';
import { float, LocalVariable, ndarray } from '../../src/tree/index.ts';
import { eventually, failureOf, type Lab, pvaGet, pvaPut, pvaStruct, startLab, watch } from './harness.ts';
import { LocalRoot, topWith } from './trees.ts';

const BASE = 'test_ioc_v7';
const RW = 'LongNameSubDev.ThisIsAVeryLongVariableNameThatExceedsSixtyCharacterLimit';
const FLOAT = 'LongNameSubDev.AnotherExtremelyLongVariableNameForTestingHashBehavior';
const BOOL = 'LongNameSubDev.ThisIsAVeryLongBoolVariableNameForTestingBoolPvaType';
const UINT = 'LongNameSubDev.ThisIsAVeryLongUInt32VariableNameThatExceedsSixtyCharLimit';
const ALARM = 'LongNameSubDev.AlarmTestFloatWithUnitsAndThresholds';

const startLocal = (): Promise<Lab> => startLab(new LocalRoot({ pollEn: false }), { base: BASE });

function hashed(path: string): string {
  return `${BASE}:${makeEpicsV7Suffix(BASE, `LocalRoot:${path.replaceAll('.', ':')}`)}`;
}

function variable(lab: Lab, path: string): LocalVariable {
  return lab.root.getNode(`LocalRoot.${path}`) as LocalVariable;
}

describe('hashed names', () => {
  it('EPS-11.33 variables with long names are read under their hashed names', async () => {
    const lab = await startLocal();
    expect(hashed(RW)).toBe('test_ioc_v7:tail_8bfa21ee99');
    expect(await lab.ca.getValue('test_ioc_v7:tail_8bfa21ee99')).toBe(0);
    expect(await lab.pva.getValue('test_ioc_v7:tail_8bfa21ee99')).toBe(0);
    expect(await lab.ca.getValue('test_ioc_v7:tail_ec234e087b')).toBe(3.14);
    expect(await lab.pva.getValue('test_ioc_v7:tail_ec234e087b')).toBe(3.14);
  });

  it('EPS-11.34 a hashed name takes 777', async () => {
    const lab = await startLocal();
    await lab.ca.put(hashed(RW), 777, { wait: true });
    expect(await lab.pva.getValue(hashed(RW))).toBe(777);
    expect(variable(lab, RW).value).toBe(777);
    await lab.pva.put(hashed(RW), 778);
    expect(await lab.ca.getValue(hashed(RW))).toBe(778);
  });

  it('EPS-11.35 EPS-E-18 the short name beside has neither hash nor alias', async () => {
    const lab = await startLocal();
    const path = 'LongNameSubDev.ShortVar';
    expect(await lab.ca.getValue(lab.pv(path))).toBe(42);
    expect(await lab.pva.getValue(lab.pv(path))).toBe(42);
    const entry = lab.epics.entries().find((each) => each.path === `LocalRoot.${path}`);
    expect(entry?.caName).toBe(entry?.fullName);
    // Its PV is the record: fields are there.
    expect(await lab.pva.getValue(`${lab.pv(path)}.RTYP`)).toBe('longout');
  });

  it('EPS-11.36 EPS-E-3 list() gives the full names', async () => {
    const lab = await startLocal();
    const list = lab.epics.list();
    for (const path of [RW, FLOAT, BOOL, UINT, ALARM]) expect(list[`LocalRoot.${path}`]).toBe(lab.pv(path));
    expect(Object.values(list).filter((name) => name.includes('tail_'))).toEqual([]);
  });

  it('EPS-E-17 CA sees hashed names only, PVA both, and info(rogue:path) tells the path', async () => {
    const lab = await startLocal();
    await expect(lab.ca.get(lab.pv(RW), { timeoutMs: 300 })).rejects.toThrow(/timed out/);
    expect(await lab.pva.getValue(lab.pv(RW))).toBe(0);
    expect(lab.ioc.database.find(hashed(RW))?.info('rogue:path')).toBe(`LocalRoot.${RW}`);
  });
});

describe('full names on PVA', () => {
  it('EPS-11.37 EPS-E-54 puts by either name show on the other, by get and by monitor', async () => {
    const lab = await startLocal();
    const full = await watch(lab.pva, lab.pv(RW));
    const record = await watch(lab.ca, hashed(RW));
    expect(await pvaGet(lab, RW)).toBe(0);
    await pvaPut(lab, RW, 888);
    expect(await lab.ca.getValue(hashed(RW))).toBe(888);
    await variable(lab, RW).set(555);
    await lab.root.waitOnUpdate();
    expect([await pvaGet(lab, RW), await lab.pva.getValue(hashed(RW))]).toEqual([555, 555]);
    await lab.ca.put(hashed(RW), 444, { wait: true });
    expect(await pvaGet(lab, RW)).toBe(444);
    for (const each of [full, record]) {
      await each.until(({ value }) => value === 444);
      expect(each.updates.map(({ value }) => value)).toEqual([0, 888, 555, 444]);
    }
  });

  it('EPS-11.38 EPS-E-53 float, Bool and UInt32 names reach their own variables with their own types', async () => {
    const lab = await startLocal();
    await pvaPut(lab, FLOAT, 2.718);
    await pvaPut(lab, BOOL, 1);
    await pvaPut(lab, UINT, 12345678);
    expect([variable(lab, FLOAT).value, variable(lab, BOOL).value, variable(lab, UINT).value]).toEqual([
      2.718,
      true,
      12345678,
    ]);
    expect([await pvaGet(lab, FLOAT), await pvaGet(lab, BOOL), await pvaGet(lab, UINT)]).toEqual([
      2.718, 1, 12345678,
    ]);
    expect(variable(lab, RW).value).toBe(0);
    const types = await Promise.all(
      [FLOAT, UINT].map(async (path) => {
        const { desc } = await pvaStruct(lab, path);
        return desc.fieldAt(desc.offsetOf('value')).toString().split(/\s/)[0];
      }),
    );
    expect(types).toEqual(['double', 'uint32_t']);
    expect((await pvaStruct(lab, BOOL)).desc.id).toBe('epics:nt/NTEnum:1.0');
    // The record has 64 bits, for CA knows no unsigned 32.
    const record = await lab.pva.getStruct(hashed(UINT));
    expect(record.get('value')).toBe(12345678n);
  });

  it('the types of full names are the narrowest that hold the variable', async () => {
    const long = 'x'.repeat(60);
    const typed = (typeStr: string): LocalVariable =>
      new LocalVariable({
        name: `${typeStr}${long}`,
        value: typeStr.startsWith('Float') ? float(1) : 1,
        typeStr,
      });
    const types = ['UInt8', 'Int8', 'UInt16', 'Int16', 'UInt32', 'Int32', 'UInt64', 'Int64', 'int', 'Bool'];
    types.push('UInt12', 'UInt48', 'Float32', 'Float64', 'float', 'UIntBE32');
    const lab = await startLab(topWith(types.map(typed)));
    const found = await Promise.all(
      types.map(async (name) => {
        const { desc } = await pvaStruct(lab, `Dev.${name}${long}`);
        return desc.fieldAt(desc.offsetOf('value')).toString().split(/\s/)[0];
      }),
    );
    expect(found).toEqual([
      ...['uint8_t', 'int8_t', 'uint16_t', 'int16_t', 'uint32_t', 'int32_t', 'uint64_t', 'int64_t'],
      ...['int32_t', 'bool', 'uint16_t', 'uint64_t', 'float', 'double', 'double', 'uint32_t'],
    ]);
  });

  it('EPS-11.39 EPS-E-55 200 full names each give their own value, from one server, and are listed', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `V${String(i).padStart(3, '0')}${'y'.repeat(60)}`);
    const lab = await startLab(topWith(names.map((name, value) => new LocalVariable({ name, value }))));
    const values = await Promise.all(names.map((name) => pvaGet(lab, `Dev.${name}`)));
    expect(values).toEqual(names.map((_, i) => i));
    await Promise.all(names.map((name, i) => pvaPut(lab, `Dev.${name}`, i + 1000)));
    const after = names.map((name) => (lab.root.getNode(`Top.Dev.${name}`) as LocalVariable).value);
    expect(after).toEqual(names.map((_, i) => i + 1000));
    expect(lab.pva.stats().connections).toBe(1);
    const listed = new Set(await lab.pva.list(`127.0.0.1:${lab.ioc.ports.pvaTcp}`));
    for (const { fullName, caName } of lab.epics.entries()) {
      expect(listed.has(fullName)).toBe(true);
      expect(listed.has(caName)).toBe(true);
    }
  });

  it('EPS-11.40 EPS-E-58 metadata: units volts and limits 0 and 10', async () => {
    const lab = await startLocal();
    expect((await pvaStruct(lab, ALARM)).toObject()).toMatchObject({
      display: { units: 'volts', limitLow: 0, limitHigh: 10 },
      control: { limitLow: 0, limitHigh: 10 },
      valueAlarm: {
        active: true,
        lowAlarmLimit: 1,
        lowWarningLimit: 2,
        highWarningLimit: 8,
        highAlarmLimit: 9,
        lowAlarmSeverity: 2,
        lowWarningSeverity: 1,
        highWarningSeverity: 1,
        highAlarmSeverity: 2,
      },
    });
  });

  it('EPS-11.41 EPS-E-56 alarms carry the condition codes', async () => {
    const lab = await startLocal();
    const seen: unknown[] = [];
    for (const value of [5.0, 9.5, 0.5, 1.5]) {
      await pvaPut(lab, ALARM, value);
      const struct = await pvaStruct(lab, ALARM);
      seen.push(['severity', 'status', 'message'].map((name) => struct.get(`alarm.${name}`)));
    }
    expect(seen).toEqual([
      [0, 0, ''],
      [2, 3, 'HIHI'],
      [2, 5, 'LOLO'],
      [1, 6, 'LOW'],
    ]);
  });

  it('EPS-D-17 EPS-E-29 every update of a full name has the time of its value', async () => {
    const lab = await startLocal();
    const seen = await watch(lab.pva, lab.pv(BOOL));
    await pvaPut(lab, BOOL, 1);
    await seen.until(({ value }) => value === 1);
    const now = Date.now() / 1000;
    for (const { time } of seen.updates) expect(Math.abs(time.seconds - now)).toBeLessThan(60);
    const first = seen.updates.at(0)?.time;
    const last = seen.updates.at(-1)?.time;
    expect((last?.seconds ?? 0) * 1e9 + (last?.nanoseconds ?? 0)).toBeGreaterThan(
      (first?.seconds ?? 0) * 1e9 + (first?.nanoseconds ?? 0),
    );
  });

  it('EPS-D-16 a full name is served whatever its limits and labels are', async () => {
    const name = `Flag${'z'.repeat(60)}`;
    const state = `State${'z'.repeat(60)}`;
    const lab = await startLab(
      topWith([
        new LocalVariable({ name, value: 1, typeStr: 'Bool', minimum: 0, maximum: 1, highAlarm: 1 }),
        new LocalVariable({ name: state, value: 9, enum: [[0, 'Off']] }),
      ]),
    );
    expect(await pvaGet(lab, `Dev.${name}`)).toBe(true);
    expect((await pvaStruct(lab, `Dev.${state}`)).toObject()).toMatchObject({
      value: { index: 0, choices: ['Off'] },
      alarm: { severity: 3, status: 7, message: 'INVALID: 9' },
    });
  });

  it('EPS-E-53 EPS-D-22 an array of more than one dimension is an NTNDArray with its shape', async () => {
    const name = `Image${'x'.repeat(60)}`;
    const image = new LocalVariable({
      name,
      value: ndarray(Uint16Array.of(1, 2, 3, 4, 5, 6), [2, 3]),
    });
    const lab = await startLab(topWith([image]));
    const entry = lab.epics.entries().find(({ path }) => path === image.path);
    const value = await pvaStruct(lab, `Dev.${name}`);
    expect(value.desc.id).toBe('epics:nt/NTNDArray:1.0');
    const content = readNdArray(value);
    expect(content.data).toEqual(Uint16Array.of(1, 2, 3, 4, 5, 6));
    expect(content.dimensions.map(({ size }) => size)).toEqual([3, 2]);
    expect([content.width, content.height, content.colorMode]).toEqual([3, 2, 'mono']);
    expect(await lab.ca.getValue(entry?.caName ?? '')).toEqual(Int32Array.of(1, 2, 3, 4, 5, 6));
    const updates: unknown[] = [];
    using channel = lab.pva.channel(lab.pv(`Dev.${name}`));
    channel.subscribeStruct({ update: (each) => updates.push(readNdArray(each).data), close: () => {} });
    await eventually(() => updates.length === 1, 'first update');
    const put = makeNdArray(Float64Array.of(9, 8, 7, 6, 5, 4), { sizes: [3, 2] });
    await pvaPut(lab, `Dev.${name}`, put);
    expect(image.value).toMatchObject({ data: Uint16Array.of(9, 8, 7, 6, 5, 4), shape: [2, 3] });
    await eventually(() => updates.length === 2, 'second update');
    expect(updates[1]).toEqual(Uint16Array.of(9, 8, 7, 6, 5, 4));
    const turned = makeNdArray(Float64Array.of(9, 8, 7, 6, 5, 4), { sizes: [2, 3] });
    expect(await failureOf(pvaPut(lab, `Dev.${name}`, turned))).toMatch(/axes 2 × 3, the variable has 3 × 2/);
    await lab.ca.put(entry?.caName ?? '', [1, 1, 1, 2, 2, 2], { wait: true });
    expect(readNdArray(await pvaStruct(lab, `Dev.${name}`)).data).toEqual(Uint16Array.of(1, 1, 1, 2, 2, 2));
  });
});
