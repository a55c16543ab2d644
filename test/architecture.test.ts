import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src/', import.meta.url));

/** What each folder may import, besides itself; the longest prefix wins (ARC 2.3). */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  util: [],
  calc: ['util'],
  net: ['util'],
  pvdata: ['util'],
  nt: ['pvdata', 'util'],
  pv: ['nt', 'pvdata', 'util'],
  access: ['calc', 'pv', 'util'],
  save: ['pv', 'util'],
  'ca/core': ['pv', 'util'],
  'pva/core': ['pvdata', 'util'],
  ca: ['ca/core', 'pv', 'access', 'net', 'util'],
  pva: ['pva/core', 'pvdata', 'nt', 'pv', 'access', 'net', 'util'],
  // Its index re-exports the runtime (ARC 2.2: SoftIoc is part of epics-ts/ioc).
  ioc: ['ioc/runtime', 'calc', 'access', 'save', 'pv', 'nt', 'pvdata', 'util'],
  'ioc/runtime': ['ioc', 'calc', 'access', 'save', 'pv', 'nt', 'pvdata', 'util', 'ca', 'pva', 'net'],
  tree: ['save', 'util'],
  protocols: ['tree', 'ioc', 'ca', 'pva', 'access', 'save', 'pv', 'nt', 'pvdata', 'net', 'util'],
  testing: ['ca', 'pva', 'pv', 'access', 'save', 'nt', 'pvdata', 'calc', 'net', 'util'],
  // The command line may import everything below it.
  cli: [
    'protocols',
    'tree',
    'ioc',
    'testing',
    'ca',
    'pva',
    'access',
    'save',
    'pv',
    'nt',
    'pvdata',
    'net',
    'util',
  ],
  // The common names of the parts (ARC 2.2).
  '': ['pv', 'pva', 'ca', 'nt', 'pvdata', 'util'],
};

/** Node built-ins that a folder may import: `*` any; none where a folder is missing. */
const mayImportNode: Readonly<Record<string, readonly string[] | '*'>> = {
  net: '*',
  cli: '*',
  ca: '*',
  pva: '*',
  ioc: '*',
  tree: '*',
  protocols: '*',
  save: '*',
  testing: '*',
};
const onlyInNet = ['net', 'dgram', 'tls', 'dns', 'dns/promises'];
const onlyInWeb = ['http', 'https', 'http2'];

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll('\\', '/'));

function layerOf(file: string): string {
  const folder = dirname(file);
  const known = Object.keys(mayImport).filter(
    (layer) => layer !== '' && (folder === layer || folder.startsWith(`${layer}/`)),
  );
  return known.sort((a, b) => b.length - a.length)[0] ?? '';
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  const found = text.matchAll(
    /^\s*(?:import|export)\s[^;]*?from\s*'([^']+)'|^\s*import\s*'([^']+)'|import\('([^']+)'\)/gms,
  );
  return [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

function violationsOf(file: string): string[] {
  const layer = layerOf(file);
  const bad: string[] = [];
  for (const specifier of importsOf(file)) {
    if (specifier.startsWith('node:')) {
      const name = specifier.slice(5);
      const top = file.split('/')[0] ?? '';
      const isCore = /(^|\/)core\//.test(file);
      const allowed = mayImportNode[top] !== undefined && !isCore;
      const isPlaced =
        (!onlyInNet.includes(name) || top === 'net') && (!onlyInWeb.includes(name) || top === 'web');
      if (!allowed || !isPlaced) bad.push(`${file} may not import ${specifier}`);
    } else if (specifier.startsWith('.')) {
      const target = relative(src, resolve(src, dirname(file), specifier)).replaceAll('\\', '/');
      const targetLayer = layerOf(target);
      if (targetLayer === layer) continue;
      if (!(mayImport[layer] ?? []).includes(targetLayer)) bad.push(`${file} may not import ${target}`);
      else if (!target.endsWith('/index.ts') && targetLayer.split('/')[0] !== layer.split('/')[0]) {
        bad.push(`${file} imports ${target}; other layers are imported by their index.ts`);
      }
    } else bad.push(`${file} may not import the package ${specifier}`);
  }
  return bad;
}

test('ARC-L-1 every import of src stays within the layer table', () => {
  expect(files.length).toBeGreaterThan(20);
  expect(files.flatMap(violationsOf)).toEqual([]);
});

test('ARC-L-1 the check itself finds a forbidden import', () => {
  expect(layerOf('pva/core/header.ts')).toBe('pva/core');
  expect(layerOf('pva/index.ts')).toBe('pva');
  expect(mayImport['pva/core']).not.toContain('net');
  expect(importsOf('net/udp.ts')).toContain('node:dgram');
});

test('ARC-L-3 cores read no clock, no process and no random numbers', () => {
  const forbidden =
    /(?<![.#\w])((Date|performance|process|console|Buffer)\.|new Date\b|(setTimeout|setInterval|setImmediate|queueMicrotask|Date)\(|Math\.random)/;
  const bad = files
    .filter((file) => /(^|\/)core\//.test(file))
    .filter((file) => forbidden.test(stripComments(readFileSync(join(src, file), 'utf8'))));
  expect(bad).toEqual([]);
});

test('ARC-A-1 no exported module awaits at top level', () => {
  const bad = files.filter((file) =>
    /^(?:await |(?:export )?const [^=]*= await )/m.test(readFileSync(join(src, file), 'utf8')),
  );
  expect(bad).toEqual([]);
});

test('only the clock reads time or sets timers', () => {
  const timers = /(?<![.#\w])(setTimeout|setInterval|setImmediate)\((?![a-z]+: )|Date\.now|performance\.now/;
  const allowed = ['util/clock.ts', 'net/resolve.ts'];
  const bad = files
    .filter((file) => !file.startsWith('cli/') && !allowed.includes(file))
    .filter((file) => timers.test(stripComments(readFileSync(join(src, file), 'utf8'))));
  expect(bad).toEqual([]);
});

function stripComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
}
