import { narrowInt } from './native.ts';

// Deeper nesting than any value of a control system; keeps hostile text from exhausting the stack.
const MAX_DEPTH = 64;
// Converting decimal digits to a bigint takes quadratic time; Python has the same limit.
const MAX_DIGITS = 4300;

/** What a literal turned out to be: the value, and the Python type where JavaScript's value does not tell it. */
export interface Literal {
  readonly value: unknown;
  readonly isTuple: boolean;
}

/**
 * Parses a Python literal or JSON text: numbers (`12 0x1F 0b11 0o7 1_000 -3 1.5 1e3 nan inf`), `True true False
 * false None null`, strings, `b'..'`, lists, tuples and dictionaries. Nothing is ever evaluated.
 *
 * Whole numbers come as `number` when exact, otherwise as bigint; dictionaries as plain objects when all keys
 * are strings, otherwise as Map.
 *
 * @throws {SyntaxError} with the position of the first character that does not fit.
 */
export function parseLiteral(text: string): Literal {
  const parser = new LiteralParser(text);
  return parser.parse();
}

const WORDS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['True', true],
  ['true', true],
  ['False', false],
  ['false', false],
  ['None', null],
  ['null', null],
  ['nan', Number.NaN],
  ['NaN', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['Infinity', Number.POSITIVE_INFINITY],
]);
const NUMBER =
  /(?:0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|(?:\d(?:_?\d)*\.?(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][-+]?\d(?:_?\d)*)?)/y;
const WORD = /[A-Za-z_]\w*/y;
const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  '0': '\0',
  '\\': '\\',
  '/': '/',
  "'": "'",
  '"': '"',
};

class LiteralParser {
  readonly #text: string;
  #at = 0;
  #lastIsTuple = false;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Literal {
    this.#blanks();
    const value = this.#value(0);
    const isTuple = this.#lastIsTuple;
    this.#blanks();
    if (this.#at < this.#text.length) this.#fail();
    return { value, isTuple };
  }

  #fail(): never {
    throw new SyntaxError(`unexpected text at character ${this.#at + 1}`);
  }

  #blanks(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #take(character: string): boolean {
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match[0];
  }

  #value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new SyntaxError(`nested deeper than ${MAX_DEPTH} levels`);
    this.#lastIsTuple = false;
    const next = this.#text.charAt(this.#at);
    if (next === '[') return this.#list(']', depth).items;
    if (next === '(') return this.#round(depth);
    if (next === '{') return this.#dict(depth);
    if (next === "'" || next === '"') return this.#string();
    if ((next === 'b' || next === 'B') && /['"]/.test(this.#text.charAt(this.#at + 1))) {
      this.#at++;
      return Uint8Array.from(this.#string(), (character) => character.charCodeAt(0) & 0xff);
    }
    if (next === '-' || next === '+') {
      this.#at++;
      const magnitude = this.#scalar();
      if (typeof magnitude === 'number') return next === '-' ? -magnitude : magnitude;
      if (typeof magnitude === 'bigint') return narrowInt(next === '-' ? -magnitude : magnitude);
      this.#fail();
    }
    return this.#scalar();
  }

  #scalar(): unknown {
    const number = this.#match(NUMBER);
    if (number !== undefined) {
      if (/\w/.test(this.#text.charAt(this.#at))) this.#fail();
      return toNumber(number.replaceAll('_', ''));
    }
    const word = this.#match(WORD);
    if (word === undefined || !WORDS.has(word)) this.#fail();
    return WORDS.get(word);
  }

  #list(end: string, depth: number): { items: unknown[]; hasComma: boolean } {
    this.#at++;
    const items: unknown[] = [];
    let hasComma = false;
    this.#blanks();
    while (!this.#take(end)) {
      items.push(this.#value(depth + 1));
      this.#blanks();
      if (this.#take(',')) hasComma = true;
      else if (this.#text.charAt(this.#at) !== end) this.#fail();
      this.#blanks();
    }
    this.#lastIsTuple = false;
    return { items, hasComma };
  }

  #round(depth: number): unknown {
    const { items, hasComma } = this.#list(')', depth);
    // (1) is a number in brackets, (1,) a tuple.
    if (items.length === 1 && !hasComma) return items[0];
    this.#lastIsTuple = true;
    return items;
  }

  #dict(depth: number): unknown {
    this.#at++;
    const entries: [unknown, unknown][] = [];
    this.#blanks();
    while (!this.#take('}')) {
      const key = this.#value(depth + 1);
      this.#blanks();
      if (!this.#take(':')) this.#fail();
      this.#blanks();
      entries.push([key, this.#value(depth + 1)]);
      this.#blanks();
      if (!this.#take(',') && this.#text.charAt(this.#at) !== '}') this.#fail();
      this.#blanks();
    }
    this.#lastIsTuple = false;
    const isText = entries.every(([key]) => typeof key === 'string');
    return isText ? Object.fromEntries(entries as [string, unknown][]) : new Map(entries);
  }

  #string(): string {
    const mark = this.#text.charAt(this.#at++);
    let out = '';
    for (;;) {
      const character = this.#text.charAt(this.#at++);
      if (character === '' || character === '\n') this.#fail();
      if (character === mark) return out;
      out += character === '\\' ? this.#escape() : character;
    }
  }

  #escape(): string {
    const kind = this.#text.charAt(this.#at++);
    const digits = { x: 2, u: 4, U: 8 }[kind];
    if (digits !== undefined) {
      const hex = this.#text.slice(this.#at, this.#at + digits);
      if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < digits) this.#fail();
      const code = Number.parseInt(hex, 16);
      if (code > 0x10ffff) this.#fail();
      this.#at += digits;
      return kind === 'U' ? String.fromCodePoint(code) : String.fromCharCode(code);
    }
    const plain = SIMPLE_ESCAPES[kind];
    // Python keeps the backslash of an escape it does not know.
    return plain ?? `\\${kind}`;
  }
}

function toNumber(text: string): number | bigint {
  if (text.length > MAX_DIGITS) throw new SyntaxError(`number of more than ${MAX_DIGITS} digits`);
  if (/^0[xXbBoO]/.test(text) || /^\d+$/.test(text)) return narrowInt(BigInt(text));
  return Number(text);
}
