import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  exports: Record<string, { types: string; default: string } | string>;
  dependencies?: Record<string, string>;
};

/** Layers without a subpath of their own (ARC-A-3), and protocols, which exports its two halves. */
const internal = ['util', 'calc', 'net', 'save', 'cli', 'protocols'];

function publicFolders(): string[] {
  const top = readdirSync(`${root}src`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !internal.includes(entry.name))
    .map((entry) => entry.name);
  const protocols = ['epicsV7', 'epicsV4'].map((name) => `protocols/${name}`);
  return [...top, ...protocols].filter((folder) => existsSync(`${root}src/${folder}/index.ts`)).sort();
}

test('ARC-2.2 package.json exports exactly the public layers', () => {
  const subpaths = Object.keys(manifest.exports)
    .filter((key) => key !== '.' && key !== './package.json')
    .map((key) => key.slice(2))
    .sort();
  expect(subpaths).toEqual(publicFolders());
});

test('ARC-2.2 each export points at the build of its index', () => {
  for (const [key, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') continue;
    const folder = key === '.' ? '' : `${key.slice(2)}/`;
    expect(target).toEqual({ types: `./dist/${folder}index.d.ts`, default: `./dist/${folder}index.js` });
    expect(existsSync(`${root}src/${folder}index.ts`)).toBe(true);
  }
});

test('ARC-A-2 the package has no runtime dependency so far', () => {
  expect(manifest.dependencies ?? {}).toEqual({});
});
