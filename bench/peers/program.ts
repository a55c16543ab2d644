import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

type Fields = Readonly<Record<string, unknown>>;
interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}
interface Message {
  readonly event?: string;
  readonly versions?: Readonly<Record<string, string>>;
  readonly id?: number;
  readonly ok?: unknown;
  readonly error?: string;
}

/** Time that a program has to start, in ms. */
const START_MS = 60_000;
/** Time that a program has to end by itself, in ms: one that is profiled has to write its profile. */
const END_MS = 10_000;

/** A program of the benchmark in a process of its own, driven by JSON lines. */
export class Program {
  readonly name: string;
  /** Versions that the program told. */
  versions: Readonly<Record<string, string>>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: Map<number, Waiting>;
  readonly #ended: Promise<void>;
  #onReady: (() => void) | undefined;
  #nextId: number;
  #stderr: string;

  private constructor(name: string, child: ChildProcessWithoutNullStreams) {
    this.name = name;
    this.versions = {};
    this.#child = child;
    this.#waiting = new Map();
    this.#onReady = undefined;
    this.#nextId = 1;
    this.#stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4000);
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#onLine(line));
    this.#ended = new Promise((resolve) => {
      child.on('close', () => {
        for (const { reject } of this.#waiting.values()) reject(this.#endError());
        this.#waiting.clear();
        resolve();
      });
    });
  }

  /** Starts a program and waits until it says that it is ready. @throws {Error} with its last output when it ends. */
  static async start(
    name: string,
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<Program> {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
    const program = new Program(name, child);
    const ready = new Promise<void>((resolve) => {
      program.#onReady = resolve;
    });
    const failed = program.#ended.then(() => Promise.reject(program.#endError()));
    const begin = withLimit(Promise.race([ready, failed]), START_MS, `${name} does not start`);
    try {
      await begin;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return program;
  }

  /** Sends a request and gives the answer. @throws {Error} when the program says no, ends, or takes too long. */
  request<T>(op: string, fields: Fields = {}, limitMs = 30_000): Promise<T> {
    const id = this.#nextId++;
    const answer = new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#child.stdin.write(`${JSON.stringify({ id, op, ...fields })}\n`);
    });
    return withLimit(answer, limitMs, `${this.name}: ${op} takes more than ${limitMs} ms`);
  }

  /** Ends the program; by force when it does not end by itself. */
  async close(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  #endError(): Error {
    return new Error(`${this.name} ended: ${this.#stderr.trim()}`);
  }

  #onLine(line: string): void {
    if (!line.startsWith('{')) return;
    const message = JSON.parse(line) as Message;
    if (message.event === 'ready') {
      this.versions = message.versions ?? {};
      this.#onReady?.();
      return;
    }
    const waiting = this.#waiting.get(message.id ?? 0);
    this.#waiting.delete(message.id ?? 0);
    if (message.error === undefined) waiting?.resolve(message.ok);
    else waiting?.reject(new Error(`${this.name}: ${message.error}`));
  }
}

async function withLimit<T>(promise: Promise<T>, limitMs: number, text: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(text)), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** A request as a program of ours sees it. */
export type Request = Fields & { readonly id: number; readonly op: string };

/** Answers requests on standard input by `handlers[op]` until it ends. */
export async function serveRequests(
  handlers: Readonly<Record<string, (request: Request) => unknown>>,
  versions: Readonly<Record<string, string>>,
): Promise<void> {
  const send = (message: object): void => {
    process.stdout.write(`${JSON.stringify(message)}\n`);
  };
  send({ event: 'ready', versions });
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    try {
      const handler = handlers[request.op];
      if (handler === undefined) throw new Error(`no operation ${request.op}`);
      send({ id: request.id, ok: (await handler(request)) ?? null });
    } catch (error) {
      send({ id: request.id, error: String(error) });
    }
  }
}
