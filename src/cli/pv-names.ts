import type { PvaSettings } from './pva-settings.ts';

/** What stands before a value: the name, padded to the longest one in the style of pvAccessCPP. */
export function nameColumn(name: string, names: readonly string[], settings: PvaSettings): string {
  const isInOwnLine = settings.shape === 'delta' || settings.shape === 'tree';
  if (isInOwnLine) return name;
  return `${name.padEnd(Math.max(...names.map((other) => other.length)))} `;
}
