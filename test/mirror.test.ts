import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Files that hold nothing to run: types, constants, tables. Patterns of paths below `src/`. */
const nothingToRun: readonly RegExp[] = [
  /(^|\/)index\.ts$/,
  /(^|\/)(constants|transport|types|channel-types|client-types|channel-options)\.ts$/,
  /^ca\/client\/(circuit-parts|context)\.ts$/,
  /^ca\/core\/circuit-handlers\.ts$/,
  /^ioc\/dbd\/tables\//,
  /^ioc\/device\/(device-support|mirror-support)\.ts$/,
  /^protocols\/codec\/codec\.ts$/,
  /^pv\/(client|source)\.ts$/,
  /^tree\/config\.ts$/,
];
