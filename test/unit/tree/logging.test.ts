import { expect, it } from 'vitest';
import { type SystemLogEntry, TreeLogger } from '../../../src/tree/logging.ts';
import type { LogFields, Logger } from '../../../src/util/index.ts';

interface Line {
  readonly level: string;
  readonly fields: LogFields;
  readonly message: string;
}

function target(lines: Line[], level = 'warn', base: LogFields = {}): Logger {
  const ranks = ['debug', 'info', 'warn', 'error'];
  const write =
    (name: string) =>
    (a: LogFields | string, b?: string): void => {
      const fields = typeof a === 'string' ? base : { ...base, ...a };
      lines.push({ level: name, fields, message: typeof a === 'string' ? a : (b ?? '') });
    };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    isLevelEnabled: (asked) => ranks.indexOf(asked) >= ranks.indexOf(level),
    child: (fields) => target(lines, level, { ...base, ...fields }),
  };
}

function setUp(level: string): { log: TreeLogger; lines: Line[]; entries: SystemLogEntry[] } {
  const lines: Line[] = [];
  const entries: SystemLogEntry[] = [];
  const sink = {
    wall: () => ({ seconds: 10, nanoseconds: 5e8 }),
    record: (e: SystemLogEntry) => void entries.push(e),
  };
  return { log: new TreeLogger('pyrogue.Dev', () => sink, target(lines, level)), lines, entries };
}

it('warnings and errors go into the log of the tree, with Python names of the levels', () => {
  const { log, lines, entries } = setUp('error');
  log.warn('careful');
  log.error({ error: new Error('broken') }, 'failed');
  log.debug('detail');
  log.info('news');
  expect(lines.map((line) => line.level)).toEqual(['warn', 'error', 'debug', 'info']);
  expect(entries).toMatchObject([
    {
      created: 10.5,
      name: 'pyrogue.Dev',
      message: 'careful',
      levelName: 'WARNING',
      levelNumber: 30,
      exception: null,
    },
    { message: 'failed', levelName: 'ERROR', levelNumber: 40, exception: 'broken' },
  ]);
  expect(entries[0]?.traceBack).toBeNull();
  expect(entries[1]?.traceBack?.[0]).toBe('Error: broken');
});

it('lower levels go there too where the process log shows them', () => {
  const { log, entries } = setUp('debug');
  log.debug('detail');
  log.info({ pv: 'x' }, 'news');
  expect(entries.map((e) => [e.levelName, e.message])).toEqual([
    ['DEBUG', 'detail'],
    ['INFO', 'news'],
  ]);
  expect(log.isLevelEnabled('debug')).toBe(true);
});

it('an error that is no Error has no trace', () => {
  const { log, entries } = setUp('warn');
  log.error({ error: 'text' }, 'failed');
  expect(entries[0]).toMatchObject({ exception: 'text', traceBack: null });
});

it('a child adds its fields and keeps the name; without a running tree there is only the process log', () => {
  const { log, lines, entries } = setUp('warn');
  log.child({ pv: 'x' }).warn({ peer: 'y' }, 'hello');
  expect(lines[0]?.fields).toEqual({ pv: 'x', peer: 'y' });
  expect(entries[0]?.name).toBe('pyrogue.Dev');
  const quiet = new TreeLogger('n', () => undefined, target(lines));
  quiet.error('alone');
  expect(lines.at(-1)?.message).toBe('alone');
  expect(entries).toHaveLength(1);
});
