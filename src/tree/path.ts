import type { Node } from './node.ts';

/** An index into an array family: a node, or the next level of indices. */
export interface NodeArray {
  readonly [index: number]: Node | NodeArray;
}

/** Result of a look-up by name with indices: the nodes, and keys left for the elements of an array variable. */
export interface NodeMatch {
  readonly nodes: readonly Node[];
  /** Index texts that select elements of the one node found; undefined when the nodes are meant whole. */
  readonly keys: readonly string[] | undefined;
}

/** A name taken apart: `Base[1][*]` is `Base` with the keys `1` and `*`. */
export interface ArrayName {
  readonly base: string;
  readonly keys: readonly string[];
}

const ARRAY_NAME = /^(?<base>[^[\]]+)(?<keys>(?:\[[^[\]]*\])+)$/;

/** Takes a name with index brackets apart; undefined when it has none. */
export function splitArrayName(name: string): ArrayName | undefined {
  const groups = ARRAY_NAME.exec(name)?.groups;
  if (groups === undefined) return undefined;
  return { base: groups['base'] ?? '', keys: (groups['keys'] ?? '').slice(1, -1).split('][') };
}

const SLICE = /^\s*(?<start>-?\d+)?\s*:\s*(?<stop>-?\d+)?\s*(?::\s*(?<step>-?\d+)?\s*)?$/;

/**
 * Indices from 0 to `length - 1` that a key selects: `*` and `:` all, a number one, otherwise a Python slice.
 * A key that cannot be read selects none.
 */
export function selectIndices(key: string, length: number): number[] {
  const text = key.trim();
  if (text === '*') return Array.from({ length }, (_, i) => i);
  if (/^\d+$/.test(text)) return Number(text) < length ? [Number(text)] : [];
  if (/^-\d+$/.test(text)) return length + Number(text) >= 0 ? [length + Number(text)] : [];
  const groups = SLICE.exec(text)?.groups;
  if (groups === undefined) return [];
  const step = Number(groups['step'] ?? 1);
  if (step === 0) return [];
  const clamp = (given: string | undefined, fallback: number): number => {
    if (given === undefined) return fallback;
    const value = Number(given) < 0 ? Number(given) + length : Number(given);
    return Math.max(step > 0 ? 0 : -1, Math.min(step > 0 ? length : length - 1, value));
  };
  const start = clamp(groups['start'], step > 0 ? 0 : length - 1);
  const stop = clamp(groups['stop'], step > 0 ? length : -1);
  const out: number[] = [];
  for (let i = start; step > 0 ? i < stop : i > stop; i += step) out.push(i);
  return out;
}

/** Nested indices of an array family, kept sparse. */
export class NodeFamily {
  readonly #levels = new Map<number, Node | NodeFamily>();

  /** Puts a node under its indices; false when the place is taken or is another kind of level. */
  insert(indices: readonly number[], node: Node): boolean {
    const [first = 0, ...rest] = indices;
    const present = this.#levels.get(first);
    if (rest.length === 0) {
      if (present !== undefined) return false;
      this.#levels.set(first, node);
      return true;
    }
    if (present instanceof NodeFamily) return present.insert(rest, node);
    if (present !== undefined) return false;
    const next = new NodeFamily();
    this.#levels.set(first, next);
    return next.insert(rest, node);
  }

  /** Nodes that the keys select, in order of index; none when the number of keys is not the depth. */
  select(keys: readonly string[]): Node[] {
    const [first, ...rest] = keys;
    if (first === undefined) return [];
    let length = 0;
    for (const index of this.#levels.keys()) length = Math.max(length, index + 1);
    // A family may have one very high index: visit what is there, not the whole range.
    const wanted = this.#wanted(first, length);
    const out: Node[] = [];
    for (const index of wanted) {
      const present = this.#levels.get(index);
      if (present instanceof NodeFamily) out.push(...present.select(rest));
      else if (present !== undefined && rest.length === 0) out.push(present);
    }
    return out;
  }

  #wanted(key: string, length: number): number[] {
    const present = [...this.#levels.keys()].sort((a, b) => a - b);
    const text = key.trim();
    if (text === '*' || text === ':') return present;
    if (/^-?\d+$/.test(text) || length <= 65536) return selectIndices(text, length);
    return [];
  }

  /** The indices as nested objects: `family[i][j]`. */
  toArray(): NodeArray {
    const out: Record<number, Node | NodeArray> = {};
    for (const [index, entry] of this.#levels) {
      out[index] = entry instanceof NodeFamily ? entry.toArray() : entry;
    }
    return out;
  }
}
