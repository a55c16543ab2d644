// Checks COMPLIANCE.md: every test file that it cites exists, every quoted title fragment occurs in that file outside of
// comments, every line of the specification is in exactly one row, what is called done cites a test, and the numbers of
// the summary are those of the tables. The known differences to peers are checked in the same way.
//
//   node scripts/compliance.mjs [page]     prints the problems; exit code 1 when there are any
//   node scripts/compliance.mjs --summary  prints the summary table as it has to be
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, exit, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const STATES = ['done', 'done, no test', 'partly', 'not done'];
const DIFFERENCES = 'test/interop/known-differences.json';

/** How many lines each series of the specification has. */
const SERIES = {
  'PVA-W-': 104,
  'PVA-D-': 12,
  'PVA-N-': 9,
  'PVA-C-': 20,
  'PVA-S-': 20,
  'PVA-L-': 14,
  'PVA-P-': 10,
  'PVA-T-': 5,
  'CA-W': 40,
  'CA-U': 24,
  'CA-B': 7,
  'CA-T': 13,
  'CA-V': 26,
  'CA-E': 2,
  'CA-C': 24,
  'CA-D': 21,
  'CA-M': 7,
  'CA-P': 6,
  'CA-L': 12,
  'CA-R': 6,
  'CA-F': 11,
  'IOC-0.': 12,
  'IOC-B': 10,
  'IOC-C1.': 17,
  'IOC-C2.': 3,
  'IOC-C3.': 34,
  'IOC-D1.': 8,
  'IOC-D2.': 3,
  'IOC-D3.': 9,
  'IOC-D4.': 7,
  'IOC-D6.': 3,
  'IOC-E1.': 8,
  'IOC-E3.': 3,
  'IOC-E4.': 6,
  'IOC-E5.': 6,
  'IOC-E6.': 4,
  'IOC-E7.': 6,
  'IOC-E8.': 4,
  'IOC-F1.': 6,
  'IOC-F3.': 3,
  'IOC-F4.': 9,
  'IOC-F5.': 2,
  'IOC-H1.': 15,
  'IOC-H2.': 12,
  'IOC-J2.': 14,
  'IOC-J3.': 16,
  'IOC-J4.': 5,
  'IOC-K1.': 7,
  'IOC-L1.': 5,
  'TREE-G-': 8,
  'TREE-N-': 13,
  'TREE-GR-': 4,
  'TREE-RT-': 12,
  'TREE-U-': 11,
  'TREE-D-': 7,
  'TREE-B-': 3,
  'TREE-V-': 13,
  'TREE-LV-': 6,
  'TREE-RV-': 5,
  'TREE-LK-': 4,
  'TREE-M-': 13,
  'TREE-C-': 8,
  'TREE-P-': 5,
  'TREE-Y-': 8,
  'TREE-Z-': 5,
  'TREE-X-': 14,
  'TREE-T-': 30,
  'EPS-E-': 68,
  'EPS-D-': 25,
  'EPS-11.': 82,
};

/** The file's text without comments, or undefined when there is no such file. */
function makeReader() {
  const texts = new Map();
  return (path) => {
    if (!texts.has(path)) {
      const file = join(root, 'test', path);
      const text = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
      texts.set(path, text?.replace(/^\s*(?:\/\/|\/?\*|#).*$/gm, ''));
    }
    return texts.get(path);
  };
}

/** Whether `text` has `fragment`; a number at its end is a whole number, so W-1 is not found in W-10. */
function has(text, fragment) {
  for (let at = text.indexOf(fragment); at >= 0; at = text.indexOf(fragment, at + 1)) {
    const next = text[at + fragment.length] ?? '';
    if (!/\d$/.test(fragment) || !/\d/.test(next)) return true;
  }
  return false;
}

/** The citations of a cell: `file` "fragment"; "fragment" ... */
function citations(cell) {
  const found = [];
  for (const [, path, quoted, bad] of cell.matchAll(/`([^`]+)`|"([^"]+)"|(")/g)) {
    if (path !== undefined) found.push({ path, fragments: [] });
    else if (bad !== undefined || found.length === 0) found.push({ path: '', fragments: [quoted ?? ''] });
    else found.at(-1).fragments.push(quoted);
  }
  return found;
}

/** The lines named by the first cell: `PVA-W-1..3, 5` are four. Text that names none gives an empty list. */
function linesOf(cell) {
  const lines = [];
  let prefix = '';
  for (const part of cell.split(',')) {
    const match = /^\s*([A-Z]+-(?:[A-Z]+-|[A-Z]*\d*\.|\d+\.|[A-Z]+))?(\d+)(?:\.\.(\d+))?\s*$/.exec(part);
    if (match === null || (match[1] === undefined && prefix === '')) return [];
    prefix = match[1] ?? prefix;
    for (let n = Number(match[2]); n <= Number(match[3] ?? match[2]); n++) lines.push([prefix, n]);
  }
  return lines;
}

function parse(page) {
  const parts = [];
  page.split('\n').forEach((text, i) => {
    const title = /^## (.*)$/.exec(text);
    if (title) parts.push({ title: title[1], rows: [] });
    const cells = /^\|(.*)\|$/
      .exec(text)?.[1]
      .split('|')
      .map((cell) => cell.trim());
    if (cells === undefined || parts.length === 0) return;
    parts.at(-1).rows.push({ at: i + 1, cells });
  });
  return parts;
}

const isLineRow = ({ cells }) => cells.length === 4 && STATES.includes(cells[1]);

function summaryOf(parts) {
  const rows = parts
    .map(({ title, rows }) => {
      const counts = STATES.map((state) =>
        rows
          .filter((row) => isLineRow(row) && row.cells[1] === state)
          .reduce((sum, { cells }) => sum + linesOf(cells[0]).length, 0),
      );
      return [title, ...counts];
    })
    .filter(([, ...counts]) => counts.some((count) => count > 0));
  const total = STATES.map((_, i) => rows.reduce((sum, row) => sum + row[i + 1], 0));
  return [...rows, ['All', ...total]].map((row) => `| ${row.join(' | ')} |`);
}

function checkCitations(where, cell, read, problems) {
  for (const { path, fragments } of citations(cell)) {
    const text = path === '' ? undefined : read(path);
    if (path === '') problems.push(`${where}: a title without a file, or an odd quotation mark`);
    else if (text === undefined) problems.push(`${where}: no file test/${path}`);
    else if (fragments.length === 0) problems.push(`${where}: ${path} is cited without a title`);
    for (const fragment of fragments) {
      if (text !== undefined && !has(text, fragment)) problems.push(`${where}: ${path} has no "${fragment}"`);
    }
  }
}

function check(page, differences) {
  const problems = [];
  const read = makeReader();
  const parts = parse(page);
  const seen = new Map();
  for (const row of parts.flatMap(({ rows }) => rows)) {
    const where = `line ${row.at}`;
    if (!isLineRow(row)) {
      for (const cell of row.cells)
        if (/`[^`]+\.test(?:-d)?\.ts`/.test(cell)) checkCitations(where, cell, read, problems);
      continue;
    }
    const [lines, state, tests, note] = row.cells;
    for (const [, path] of note.matchAll(/`([^`]+\.test(?:-d)?\.ts)`/g)) {
      if (read(path) === undefined) problems.push(`${where}: no file test/${path}`);
    }
    const isCited = citations(tests).length > 0;
    if (state === 'done' && !isCited) problems.push(`${where}: done, but no test is cited`);
    if (state !== 'done' && state !== 'partly' && isCited)
      problems.push(`${where}: ${state}, but tests are cited`);
    checkCitations(where, tests, read, problems);
    for (const [prefix, n] of linesOf(lines)) {
      const id = `${prefix}${n}`;
      if (SERIES[prefix] === undefined || n < 1 || n > SERIES[prefix])
        problems.push(`${where}: there is no ${id}`);
      if (seen.has(id)) problems.push(`${where}: ${id} is in line ${seen.get(id)} too`);
      seen.set(id, row.at);
    }
  }
  for (const [prefix, count] of Object.entries(SERIES)) {
    for (let n = 1; n <= count; n++)
      if (!seen.has(`${prefix}${n}`)) problems.push(`${prefix}${n} is in no row`);
  }
  for (const row of summaryOf(parts))
    if (!page.includes(row)) problems.push(`the summary lacks the row ${row}`);
  if (!page.includes(DIFFERENCES)) problems.push(`${DIFFERENCES} is not named`);
  for (const { id, peer, difference, reason, test } of differences) {
    for (const text of [id, peer, difference, reason]) {
      if (typeof text !== 'string' || text === '') problems.push(`${DIFFERENCES}: ${id} is not complete`);
    }
    if (!page.includes(id)) problems.push(`${DIFFERENCES}: ${id} is not on the page`);
    if (test !== undefined) checkCitations(`${DIFFERENCES}: ${id}`, test, read, problems);
  }
  return problems;
}

const pagePath = argv.slice(2).find((word) => !word.startsWith('-')) ?? join(root, 'COMPLIANCE.md');
const page = readFileSync(pagePath, 'utf8');
if (argv.includes('--summary')) {
  stdout.write(`${summaryOf(parse(page)).join('\n')}\n`);
} else {
  const { differences } = JSON.parse(readFileSync(join(root, DIFFERENCES), 'utf8'));
  const problems = check(page, differences);
  for (const problem of problems) stdout.write(`${problem}\n`);
  if (problems.length > 0) exit(1);
}
