import { describe, expect, it, onTestFinished } from 'vitest';
import { Database } from '../../../../src/ioc/index.ts';
import { EpicsPvHolder, type HolderOptions } from '../../../../src/protocols/epicsV7/pv-holder.ts';
import { recordNameOf } from '../../../../src/protocols/epicsV7/short-name.ts';
import { defaultSizes } from '../../../../src/protocols/kind-map.ts';
import {
  type BaseVariable,
  float,
  LocalCommand,
  LocalVariable,
  type Node,
  Root,
} from '../../../../src/tree/index.ts';
import { getLogger } from '../../../../src/util/index.ts';

const options: HolderOptions = {
  base: 'B',
  sizes: defaultSizes,
  commandRecords: 'long',
  hasCommandStatus: false,
  asg: () => '',
  logger: getLogger('test'),
};

async function hold<T extends Node & BaseVariable>(
  node: T,
  extra: Partial<HolderOptions> = {},
): Promise<{ holder: EpicsPvHolder; database: Database; root: Root }> {
  const root = new Root({ name: 'Top', pollEn: false });
  root.add(node);
  onTestFinished(() => root.stop());
  await root.start();
  const variable = node as BaseVariable;
  const fullName = `B:${variable.path.replaceAll('.', ':')}`;
  const mapped = { path: variable.path, variable, fullName };
  const holder = new EpicsPvHolder(mapped, recordNameOf('B', fullName), { ...options, ...extra });
  const database = new Database();
  onTestFinished(() => database.close());
  return { holder, database, root };
}

describe('EpicsPvHolder', () => {
  it('EPS-E-6 its entry tells record type, element type and what clients may do', async () => {
    const { holder } = await hold(new LocalVariable({ name: 'X', value: float(1), mode: 'RO' }));
    expect(holder.entry).toEqual({
      path: 'Top.X',
      fullName: 'B:Top:X',
      caName: 'B:Top:X',
      recordType: 'ai',
      pvaType: 'float64',
      isWritable: false,
      isCommand: false,
    });
  });

  it('EPS-E-30 the record is valid from its first moment', async () => {
    const { holder, database } = await hold(new LocalVariable({ name: 'X', value: 5 }));
    await holder.open(database);
    expect(database.openField('B:Top:X')?.snapshot()).toMatchObject({ value: 5, alarm: { severity: 0 } });
    expect(database.openField('B:Top:X.UDF')?.snapshot().value).toBe(0);
  });

  it('misses no update between the first value and the record', async () => {
    const node = new LocalVariable({ name: 'X', value: 5 });
    const { holder, database, root } = await hold(node);
    const opening = holder.open(database);
    const setting = node.set(6);
    await Promise.all([opening, setting]);
    await root.waitOnUpdate();
    expect(database.openField('B:Top:X')?.snapshot().value).toBe(6);
  });

  it('EPS-E-17 a name that is too long has an alias with its own type', async () => {
    const name = `X${'x'.repeat(60)}`;
    const { holder, database } = await hold(new LocalVariable({ name, value: 5, typeStr: 'UInt32' }));
    expect(holder.alias).toBeUndefined();
    await holder.open(database);
    expect(holder.alias?.name).toBe(`B:Top:${name}`);
    expect(holder.entry.pvaType).toBe('uint32');
    expect(holder.entry.caName).toMatch(/^B:tail_/);
    holder.close();
    expect([holder.alias, database.size]).toEqual([undefined, 0]);
  });

  it('EPS-E-63 close removes record and listener', async () => {
    const node = new LocalVariable({ name: 'X', value: 5 });
    const { holder, database } = await hold(node);
    await holder.open(database);
    expect(node._listeners).toHaveLength(1);
    holder.close();
    holder.close();
    expect([node._listeners.length, database.size]).toEqual([0, 0]);
  });

  it('EPS-E-46 a command with status has four record names', async () => {
    const { holder, database } = await hold(new LocalCommand({ name: 'C' }), { hasCommandStatus: true });
    await holder.open(database);
    expect(holder.recordNames).toEqual(['B:Top:C', 'B:Top:C:RET', 'B:Top:C:STS', 'B:Top:C:MSG']);
    expect(holder.recordNames.every((name) => database.find(name) !== undefined)).toBe(true);
  });
});
