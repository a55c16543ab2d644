/** Environment variables by name, as in `process.env`. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Told once for each bad value: the message names the variable, the value and what is used instead. */
export type EnvWarning = (message: string) => void;

/** Reads EPICS environment variables; a bad value is reported and replaced by the default, as EPICS Base does. */
export class EnvReader {
  readonly #env: Env;
  readonly #warn: EnvWarning;

  constructor(env: Env, warn: EnvWarning) {
    this.#env = env;
    this.#warn = warn;
  }

  /** The trimmed text of the first of `names` that is set and not empty. */
  text(...names: readonly string[]): string | undefined {
    for (const name of names) {
      const text = this.#env[name]?.trim();
      if (text !== undefined && text !== '') return text;
    }
    return undefined;
  }

  /** Whether any of `names` is set, be it to nothing. */
  isSet(...names: readonly string[]): boolean {
    return names.some((name) => this.#env[name] !== undefined);
  }

  /** A number within [min, max]. */
  number(names: readonly string[], fallback: number, min: number, max: number): number {
    const text = this.text(...names);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (Number.isFinite(value) && value >= min && value <= max) return value;
    this.#warn(`${this.#nameOf(names)}="${text}" is not a number from ${min} to ${max}; using ${fallback}`);
    return fallback;
  }

  /** A port number, 0..65535. */
  port(names: readonly string[], fallback: number): number {
    const value = this.number(names, fallback, 0, 65535);
    if (Number.isInteger(value)) return value;
    this.#warn(`${this.#nameOf(names)}="${value}" is not a port number; using ${fallback}`);
    return fallback;
  }

  /** YES or NO in any case; 1, 0, true and false are understood too. */
  yesNo(names: readonly string[], fallback: boolean): boolean {
    const text = this.text(...names);
    if (text === undefined) return fallback;
    if (/^(yes|y|1|true)$/i.test(text)) return true;
    if (/^(no|n|0|false)$/i.test(text)) return false;
    this.#warn(`${this.#nameOf(names)}="${text}" is neither YES nor NO; using ${fallback ? 'YES' : 'NO'}`);
    return fallback;
  }

  /** Words separated by blanks; undefined when none of `names` is set. */
  words(...names: readonly string[]): string[] | undefined {
    return this.text(...names)?.split(/\s+/);
  }

  #nameOf(names: readonly string[]): string {
    return names.find((name) => (this.#env[name]?.trim() ?? '') !== '') ?? names[0] ?? '';
  }
}
