import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(root, 'COMPLIANCE.md'), 'utf8');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'compliance-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the check says about the page, or about another text in its place. */
function problems(text?: string): string[] {
  const args = [join(root, 'scripts', 'compliance.mjs')];
  if (text !== undefined) {
    const path = join(folder, 'page.md');
    writeFileSync(path, text);
    args.push(path);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  const lines = stdout.split('\n').filter((line) => line !== '');
  expect(status).toBe(lines.length === 0 ? 0 : 1);
  return lines;
}

/** The page with one thing replaced, which has to be there. */
function changed(from: string, to: string): string {
  expect(page).toContain(from);
  return page.replace(from, () => to);
}

test('COMPLIANCE.md cites tests that exist, has every line of the specification once, and counts right', () => {
  expect(problems()).toEqual([]);
});

describe('the check finds', () => {
  test.each([
    [
      'a test file that does not exist',
      '`unit/pva/core/status.test.ts`',
      '`unit/none.test.ts`',
      /no file test\/unit\/none/,
    ],
    ['a title that no test has', '"PVA-W-22"', '"PVA-W-2"', /has no "PVA-W-2"/],
    ['a line in two rows', '| PVA-W-22 |', '| PVA-W-21, 22 |', /PVA-W-21 is in line \d+ too/],
    ['a line in no row', '| PVA-W-44 |', '| section 8.1 |', /PVA-W-44 is in no row/],
    ['a line that the specification does not have', '| PVA-W-104 |', '| PVA-W-104, 105 |', /no PVA-W-105/],
    [
      'something done without a test',
      '| PVA-W-45 | not done |',
      '| PVA-W-45 | done |',
      /done, but no test is cited/,
    ],
    [
      'numbers of the summary that are wrong',
      '| Normative types | 9 |',
      '| Normative types | 8 |',
      /the summary lacks/,
    ],
    ['a known difference that the page does not name', '`ca-64-bit`', '', /ca-64-bit is not on the page/],
  ])('%s', (_what, from, to, expected) => {
    expect(problems(changed(from, to)).some((line) => expected.test(line))).toBe(true);
  });
});
