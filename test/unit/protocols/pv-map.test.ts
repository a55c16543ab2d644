import { expect, it, onTestFinished } from 'vitest';
import {
  BUILTIN_NODE_COUNT,
  checkDistinct,
  dumpLine,
  logMissing,
  mapByGroups,
  mapByNames,
} from '../../../src/protocols/pv-map.ts';
import { LocalVariable, Root } from '../../../src/tree/index.ts';
import type { Logger } from '../../../src/util/index.ts';

async function startedRoot(): Promise<Root> {
  const root = new Root({ name: 'Top', pollEn: false });
  root.add(new LocalVariable({ name: 'A', value: 1 }));
  root.add(new LocalVariable({ name: 'B_C', value: 1, groups: ['NoServe'] }));
  onTestFinished(() => root.stop());
  await root.start();
  return root;
}

it('EPS-E-7 every root begins with its 55 built-in nodes', async () => {
  const root = await startedRoot();
  expect(root.variableList.slice(BUILTIN_NODE_COUNT).map(({ path }) => path)).toEqual(['Top.A', 'Top.B_C']);
});

it('EPS-E-7 mapByGroups puts colons for the points of the path', async () => {
  const root = await startedRoot();
  const mapped = mapByGroups(root, { base: 'X' });
  expect(mapped).toHaveLength(BUILTIN_NODE_COUNT + 1);
  expect(mapped.at(-1)).toMatchObject({ path: 'Top.A', fullName: 'X:Top:A' });
  expect(mapByGroups(root, { base: 'X', excGroups: [], serveBuiltins: false })).toHaveLength(2);
});

it('EPS-E-8 mapByNames keeps tree order and tells what is missing', async () => {
  const root = await startedRoot();
  const missing: string[] = [];
  const mapped = mapByNames(root, { 'Top.B_C': 'b', 'Top.A': 'a', constructor: 'c', A: 'd' }, (path) =>
    missing.push(path),
  );
  expect(mapped.map(({ fullName }) => fullName)).toEqual(['a', 'b']);
  expect(missing).toEqual(['constructor', 'A']);
});

it('EPS-E-10 checkDistinct names both paths', () => {
  const variable = new LocalVariable({ name: 'A', value: 1 });
  const one = { path: 'Top.A', fullName: 'n', variable };
  expect(() => checkDistinct([one, { ...one, path: 'Top.B' }])).toThrow(/"n".*"Top.A" and "Top.B"/);
  expect(() => checkDistinct([one, { ...one, fullName: 'm' }])).not.toThrow();
});

it('EPS-E-4 a line of a dump has the record name only where it differs', () => {
  expect(dumpLine('a:b', 'a.b')).toBe('a:b -> a.b');
  expect(dumpLine('a:b', 'a.b', 'a:tail_0123456789')).toBe('a:b -> a.b  (CA: a:tail_0123456789)');
});

it('EPS-E-60 the texts of missing paths differ between V7 and V4', () => {
  const lines: unknown[] = [];
  const log = ((line: unknown) => lines.push(line)) as Logger['error'];
  const logger: Logger = {
    debug: log,
    info: log,
    warn: log,
    error: log,
    isLevelEnabled: () => true,
    child: () => logger,
  };
  logMissing(logger, 'pvMap')('A.B');
  logMissing(logger, 'P4P mapping')('A.B');
  expect(lines).toEqual([
    'Failed to find A.B from pvMap in Rogue tree!',
    'Failed to find A.B from P4P mapping in Rogue tree',
  ]);
});
