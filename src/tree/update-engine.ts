import { AsyncLocalStorage } from 'node:async_hooks';
import { type Clock, type Stop, toError } from '../util/index.ts';
import type { MaybePromise } from './types.ts';
import type { BaseVariable, VariableValue } from './variable.ts';

/** Receives each delivered update: the path of the variable and its snapshot. */
export interface VarListener {
  (path: string, value: VariableValue): void;
}

/** Settings of a listener to all variables of a tree. */
export interface VarListenerOptions {
  /** Called once after each batch. */
  readonly done?: () => void;
  readonly incGroups?: string | readonly string[] | null;
  readonly excGroups?: string | readonly string[] | null;
}

/** Updates that are collected and delivered together; made by `Root.updateGroup`. */
export class UpdateGroup {
  readonly variables: Set<BaseVariable>;
  /** Milliseconds after which collected updates are delivered before the group ends; 0 = at its end only. */
  periodMs: number;
  lastFlushMs: number;
  depth: number;

  constructor(nowMs: number, periodMs: number) {
    this.variables = new Set();
    this.periodMs = periodMs;
    this.lastFlushMs = nowMs;
    this.depth = 1;
  }
}

interface Barrier {
  readonly after: number;
  readonly resolve: () => void;
}

interface RootListener {
  readonly listener: VarListener;
  readonly options: VarListenerOptions;
}

type Batch = BaseVariable | Set<BaseVariable>;

// Batches delivered in one turn of the event loop: a listener that triggers itself must not starve sockets.
const BATCHES_PER_TURN = 200;

/** Collects updates of one tree and delivers them in order, never inside the call that caused them. */
export class UpdateEngine {
  readonly #clock: Clock;
  readonly #onError: (error: Error, path: string) => void;
  readonly #storage = new AsyncLocalStorage<UpdateGroup>();
  #groupCount = 0;
  #listeners: readonly RootListener[] = [];
  #queue: Batch[] = [];
  #head = 0;
  #queuedCount = 0;
  #deliveredCount = 0;
  #barriers: Barrier[] = [];
  #isDelivering = false;
  #isRunning = false;
  /** Goes on with deliveries that wait for the next turn. */
  #endTurn: (() => void) | undefined;

  /** @param onError receives what a listener or a `linkedGet` threw, with the path of the variable. */
  constructor(clock: Clock, onError: (error: Error, path: string) => void) {
    this.#clock = clock;
    this.#onError = onError;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  start(): void {
    this.#isRunning = true;
  }

  /** Takes no more updates, waits until those queued are delivered (at most `limitMs`), releases all waiters. */
  async stop(limitMs: number): Promise<void> {
    this.#isRunning = false;
    if (this.#isDelivering) {
      this.#endTurn?.();
      let cancel: Stop | undefined;
      const limit = new Promise<void>((resolve) => {
        cancel = this.#clock.at(this.#clock.monotonicMs + limitMs, resolve);
      });
      await Promise.race([this.#barrier(), limit]);
      cancel?.();
    }
    this.#queue = [];
    this.#head = 0;
    this.#deliveredCount = this.#queuedCount;
    this.#releaseBarriers();
  }

  /** The group that the calling code runs in. */
  get currentGroup(): UpdateGroup | undefined {
    return this.#groupCount === 0 ? undefined : this.#storage.getStore();
  }

  addListener(listener: VarListener, options: VarListenerOptions): Stop {
    const entry = { listener, options };
    this.#listeners = [...this.#listeners, entry];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== entry);
    };
  }

  queue(variable: BaseVariable, group: UpdateGroup | undefined): void {
    if (!this.#isRunning) return;
    const target = group ?? this.currentGroup;
    if (target === undefined || target.depth === 0) {
      this.#push(variable);
      return;
    }
    target.variables.add(variable);
    if (target.periodMs > 0 && this.#clock.monotonicMs - target.lastFlushMs > target.periodMs) {
      this.#flush(target);
    }
  }

  async runGroup<R>(fn: (group: UpdateGroup) => MaybePromise<R>, periodMs: number): Promise<R> {
    const outer = this.currentGroup;
    if (outer !== undefined && outer.depth > 0) {
      outer.depth++;
      outer.periodMs = Math.max(outer.periodMs, periodMs);
      try {
        return await fn(outer);
      } finally {
        this.#leave(outer);
      }
    }
    const group = new UpdateGroup(this.#clock.monotonicMs, periodMs);
    this.#groupCount++;
    try {
      return await this.#storage.run(group, () => fn(group));
    } finally {
      this.#leave(group);
      // A storage in use slows every await of the process.
      if (--this.#groupCount === 0) this.#storage.disable();
    }
  }

  /** Resolves when everything queued so far is delivered, or the engine stops. */
  waitOnUpdate(): Promise<void> {
    return this.#isRunning ? this.#barrier() : Promise.resolve();
  }

  #barrier(): Promise<void> {
    if (this.#deliveredCount >= this.#queuedCount) return Promise.resolve();
    return new Promise((resolve) => this.#barriers.push({ after: this.#queuedCount, resolve }));
  }

  #leave(group: UpdateGroup): void {
    if (--group.depth === 0) this.#flush(group);
  }

  #flush(group: UpdateGroup): void {
    group.lastFlushMs = this.#clock.monotonicMs;
    if (group.variables.size === 0) return;
    const batch = new Set(group.variables);
    group.variables.clear();
    if (this.#isRunning) this.#push(batch);
  }

  #push(batch: Batch): void {
    this.#queue.push(batch);
    this.#queuedCount++;
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    // Outside of any group, or the listeners' own updates would join the group of the first setter.
    this.#storage.exit(() => {
      this.#deliverAll().catch((error: unknown) => this.#onError(toError(error), ''));
    });
  }

  async #deliverAll(): Promise<void> {
    await Promise.resolve();
    let turn = 0;
    for (;;) {
      const batch = this.#queue[this.#head];
      if (batch === undefined) break;
      this.#head++;
      if (this.#head > 1024) {
        this.#queue.splice(0, this.#head);
        this.#head = 0;
      }
      const pending = this.#deliver(batch);
      if (pending !== undefined) await pending;
      if (this.#deliveredCount < this.#queuedCount) this.#deliveredCount++;
      this.#releaseBarriers();
      if (++turn % BATCHES_PER_TURN === 0) {
        await new Promise<void>((resolve) => {
          this.#endTurn = resolve;
          this.#clock.defer(resolve);
        });
        this.#endTurn = undefined;
      }
    }
    this.#queue = [];
    this.#head = 0;
    this.#isDelivering = false;
  }

  #releaseBarriers(): void {
    while (this.#barriers.length > 0 && (this.#barriers[0] as Barrier).after <= this.#deliveredCount) {
      this.#barriers.shift()?.resolve();
    }
  }

  /** Delivers one batch; a promise only when a snapshot has to be awaited. */
  #deliver(batch: Batch): Promise<void> | undefined {
    if (!(batch instanceof Set)) {
      if (batch._dependents.length === 0) {
        const pending = this.#deliverOne(batch);
        if (pending === undefined) {
          this.#done();
          return undefined;
        }
        return pending.then(() => this.#done());
      }
      return this.#deliverMany(new Set([batch]));
    }
    return this.#deliverMany(batch);
  }

  async #deliverMany(batch: Set<BaseVariable>): Promise<void> {
    // A Set visits what is added while it is walked: the dependents of dependents come too, each once.
    const expanded = new Set(batch);
    for (const variable of expanded) {
      for (const dependent of variable._dependents) expanded.add(dependent);
    }
    for (const variable of expanded) {
      const pending = this.#deliverOne(variable);
      if (pending !== undefined) await pending;
    }
    this.#done();
  }

  #deliverOne(variable: BaseVariable): Promise<void> | undefined {
    try {
      const snapshot = variable._snapshot(false);
      if (!(snapshot instanceof Promise)) {
        this.#tell(variable, snapshot);
        return undefined;
      }
      return snapshot.then(
        (value) => this.#tell(variable, value),
        (error: unknown) => this.#onError(toError(error), variable.path),
      );
    } catch (error) {
      this.#onError(toError(error), variable.path);
      return undefined;
    }
  }

  #tell(variable: BaseVariable, value: VariableValue): void {
    const path = value.path;
    for (const listener of variable._listeners) this.#call(() => listener(path, value), path);
    for (const { listener, options } of this.#listeners) {
      if (!variable.filterByGroup(options.incGroups, options.excGroups)) continue;
      this.#call(() => listener(path, value), path);
    }
  }

  #done(): void {
    for (const { options } of this.#listeners) {
      if (options.done !== undefined) this.#call(options.done, '');
    }
  }

  // One listener's fault must not keep the others, or the tree, from their updates.
  #call(fn: () => unknown, path: string): void {
    try {
      const result = fn();
      if (result instanceof Promise) result.catch((error: unknown) => this.#onError(toError(error), path));
    } catch (error) {
      this.#onError(toError(error), path);
    }
  }
}
