import type { Logger } from '../util/index.ts';
import {
  AsyncFeed,
  type Clock,
  errorText,
  getLogger,
  once,
  type Stop,
  systemClock,
  type WallTime,
} from '../util/index.ts';
import { LocalCommand } from './command.ts';
import {
  configFilter,
  type GetConfigOptions,
  type SaveConfigOptions,
  type SetConfigOptions,
  stateFilter,
  type TreeConfig,
} from './config.ts';
import { Device, type DeviceOptions } from './device.ts';
import { NodeError } from './errors.ts';
import { LinkVariable } from './link-variable.ts';
import { LocalVariable } from './local-variable.ts';
import { type SystemLogSink, TreeLogger } from './logging.ts';
import { MemoryBus } from './memory/bus.ts';
import type { MemorySlave } from './memory/slave.ts';
import { float } from './native.ts';
import type { Node } from './node.ts';
import { PollQueue } from './poll.ts';
import { LoadConfigProcess, SaveConfigProcess } from './process.ts';
import { RemoteVariable } from './remote-variable.ts';
import { SystemLog } from './system-log.ts';
import { fileStamp, localTimeText } from './time-text.ts';
import type { MaybePromise, Mode } from './types.ts';
import {
  UpdateEngine,
  type UpdateGroup,
  type VarListener,
  type VarListenerOptions,
} from './update-engine.ts';
import type { VariableValue } from './variable.ts';

/** Settings of a {@link Root}. */
export interface RootOptions extends Omit<DeviceOptions, 'hidden' | 'guiGroup'> {
  /** Time-out of memory transactions in seconds. Default 1; more than 10 logs a warning. */
  readonly timeout?: number;
  /** Read everything at start; failures are logged. */
  readonly initRead?: boolean;
  /** Write everything at start, after the read; failures are logged. */
  readonly initWrite?: boolean;
  /** First state of `PollEn`. Default true. */
  readonly pollEn?: boolean;
  /** Entries kept in `SystemLog`. Default 1000. */
  readonly maxLog?: number;
  /** Taken for PyRogue's sake; has no effect. */
  readonly unifyLogs?: boolean;
  /** Time of stamps, polls and time-outs. Default: this machine's. */
  readonly clock?: Clock;
  /** Reads and writes configurations. */
  readonly config?: TreeConfig;
}

/** Version of this package, shown as `RogueVersion`. */
export const TREE_VERSION = '0.1.0';

// How long a stop waits for deliveries under way.
const STOP_LIMIT_MS = 2000;
const MAX_FEED = 1024;

/**
 * The top of a tree: life cycle, updates, polling, log.
 *
 * @example
 * await using root = await new MyRoot({ name: 'Lab' }).start();
 */
export class Root extends Device implements AsyncDisposable {
  readonly #timeout: number;
  readonly #initRead: boolean;
  readonly #initWrite: boolean;
  readonly #pollEn: boolean;
  readonly #clock: Clock;
  readonly #config: TreeConfig | undefined;
  readonly #buses = new Map<MemorySlave, MemoryBus>();
  #state: 'stopped' | 'starting' | 'running' | 'stopping' = 'stopped';
  #stopSteps: (() => Promise<void>)[] = [];
  #heartbeat: Stop | undefined;
  readonly #log: SystemLog;
  /** @internal */
  readonly _engine: UpdateEngine;
  /** @internal */
  readonly _poll: PollQueue;

  readonly RogueVersion: LocalVariable<string>;
  readonly RogueDirectory: LocalVariable<string>;
  readonly SystemLog: LocalVariable<string>;
  readonly SystemLogLast: LocalVariable<string>;
  readonly ForceWrite: LocalVariable<boolean>;
  readonly InitAfterConfig: LocalVariable<boolean>;
  readonly Time: LocalVariable<number>;
  readonly LocalTime: LinkVariable<string>;
  readonly PollEn: LocalVariable<boolean>;
  readonly LoadConfigProcess: LoadConfigProcess;
  readonly SaveConfigProcess: SaveConfigProcess;

  constructor(options: RootOptions = {}) {
    super({ expand: true, ...options });
    this.#timeout = options.timeout ?? 1;
    this.#initRead = options.initRead ?? false;
    this.#initWrite = options.initWrite ?? false;
    this.#pollEn = options.pollEn ?? true;
    this.#clock = options.clock ?? systemClock;
    this.#config = options.config;
    const quiet = getLogger(`pyrogue.Root.${this.constructor.name}.${this.name}`);
    this._engine = new UpdateEngine(this.#clock, (error, path) => {
      // A listener that fails at each update must not fail at that of its own log entry.
      const isAboutLog = path === '' || path === this.SystemLog.path || path === this.SystemLogLast.path;
      const log = isAboutLog ? quiet : this.log;
      log.error({ error }, `Error in update of ${path === '' ? 'a batch' : path}: ${errorText(error)}`);
    });
    this._poll = new PollQueue({
      clock: this.#clock,
      log: new TreeLogger('pyrogue.PollQueue', () => this._systemLog),
      runGroup: (fn) => this._engine.runGroup(fn, 0),
    });
    const readOnly = { mode: 'RO', value: '' } as const;
    const logGroups = ['NoStream', 'NoState'];
    this.RogueVersion = this.add(
      new LocalVariable<string>({
        ...readOnly,
        name: 'RogueVersion',
        value: TREE_VERSION,
        description: 'Version',
      }),
    );
    this.RogueDirectory = this.add(
      new LocalVariable<string>({ ...readOnly, name: 'RogueDirectory', description: 'Library directory' }),
    );
    this.SystemLog = this.add(
      new LocalVariable<string>({
        ...readOnly,
        name: 'SystemLog',
        value: '[]',
        description: 'String containing newline separated system log entries',
        hidden: true,
        groups: ['NoStream', 'NoSql', 'NoState'],
      }),
    );
    this.SystemLogLast = this.add(
      new LocalVariable<string>({
        ...readOnly,
        name: 'SystemLogLast',
        description: 'String containing last system log entry',
        hidden: true,
        groups: logGroups,
      }),
    );
    this.#log = new SystemLog({
      clock: this.#clock,
      maxLength: options.maxLog ?? 1000,
      setList: (text) => this.SystemLog.set(text),
      setLast: (text) => this.SystemLogLast.set(text),
    });
    this.ForceWrite = this.add(
      new LocalVariable<boolean>({
        name: 'ForceWrite',
        value: false,
        hidden: true,
        description: 'Write all registers in a bulk write, also those that are not staged',
      }),
    );
    this.InitAfterConfig = this.add(
      new LocalVariable<boolean>({
        name: 'InitAfterConfig',
        value: false,
        hidden: true,
        description: 'Call initialize after a configuration is loaded',
      }),
    );
    this.Time = this.add(
      new LocalVariable<number>({
        name: 'Time',
        mode: 'RO',
        value: float(this.#now()),
        description: 'Current time in seconds since epoch UTC',
        hidden: true,
        groups: 'NoSql',
      }),
    );
    this.LocalTime = this.add(
      new LinkVariable<string>({
        name: 'LocalTime',
        mode: 'RO',
        description: 'Current local time',
        groups: ['NoStream', 'NoSql', 'NoState'],
        dependencies: [this.Time],
        linkedGet: () => localTimeText(this.Time.value),
      }),
    );
    this.PollEn = this.add(
      new LocalVariable<boolean>({
        name: 'PollEn',
        value: false,
        description: 'Polling of registers',
        groups: ['NoStream', 'NoSql', 'NoState'],
        localSet: (value) => this._poll.setPaused(!value),
      }),
    );
    this.#addCommands();
    this.LoadConfigProcess = this.add(new LoadConfigProcess({ name: 'LoadConfigProcess' }));
    this.SaveConfigProcess = this.add(new SaveConfigProcess({ name: 'SaveConfigProcess' }));
  }

  #addCommands(): void {
    const plain = (name: string, description: string, run: () => Promise<void>): void => {
      this.add(new LocalCommand({ name, description, hidden: true, function: run }));
    };
    const withText = (name: string, description: string, run: (arg: string) => Promise<unknown>): void => {
      this.add(
        new LocalCommand<string>({
          name,
          description,
          hidden: true,
          value: '',
          function: ({ arg }) => run(arg),
        }),
      );
    };
    const withFlag = (name: string, description: string, run: (arg: boolean) => Promise<string>): void => {
      this.add(
        new LocalCommand<boolean, string>({
          name,
          description,
          hidden: true,
          value: true,
          retValue: '',
          function: ({ arg }) => run(arg),
        }),
      );
    };
    plain('WriteAll', 'Write all values to the hardware', () => this.writeAll());
    plain('ReadAll', 'Read all values from the hardware', () => this.readAll());
    withText('SaveState', 'Save the state to a file', (name) =>
      this.saveYaml({ ...stateFilter, name, readFirst: true, autoPrefix: 'state', autoCompress: true }),
    );
    withText('SaveConfig', 'Save the configuration to a file', (name) =>
      this.saveYaml({ ...configFilter, name, readFirst: true, autoPrefix: 'config' }),
    );
    withText('LoadConfig', 'Load a configuration from a file', (name) => this.loadYaml(name, configFilter));
    withText('RemoteVariableDump', 'Save all remote variables to a text file', (name) =>
      this.remoteVariableDump(name, ['RW', 'WO', 'RO'], true),
    );
    withText('RemoteConfigDump', 'Save all writable remote variables to a text file', (name) =>
      this.remoteVariableDump(name, ['RW', 'WO'], true),
    );
    plain('Initialize', 'Bring the hardware into its working state', () => this.initialize());
    plain('HardReset', 'Reset the hardware and the log', () => this.hardReset());
    plain('CountReset', 'Reset counters', () => this.countReset());
    plain('ClearLog', 'Clear the log', () => this.clearLog());
    withText('SetYamlConfig', 'Set the configuration from YAML text', (text) =>
      this.setYaml(text, configFilter),
    );
    withFlag('GetYamlConfig', 'Configuration as YAML text', (readFirst) =>
      this.getYaml({ ...configFilter, readFirst }),
    );
    withFlag('GetYamlState', 'State as YAML text', (readFirst) =>
      this.getYaml({ ...stateFilter, readFirst }),
    );
  }

  protected override get family(): string {
    return 'Root';
  }
  override get root(): this {
    return this;
  }
  override get parent(): this {
    return this;
  }
  /** Time of stamps, polls and time-outs. */
  get clock(): Clock {
    return this.#clock;
  }
  /** True from the middle of `start`, when protocols begin, until `stop`. */
  override get running(): boolean {
    return this.#state === 'running';
  }
  /** Time-out of memory transactions in seconds. */
  get timeout(): number {
    return this.#timeout;
  }

  #now(): number {
    const time: WallTime = { seconds: 0, nanoseconds: 0 };
    this.#clock.wall(time);
    return time.seconds + time.nanoseconds / 1e9;
  }

  // ---- life cycle ----

  /**
   * Starts the tree: connects nodes, builds blocks, stages default values, starts interfaces and protocols, then reads
   * and writes as asked, then polls. When a step fails, everything started is stopped again.
   *
   * @throws {NodeError} EPICS_CONFIG when the tree runs, or blocks overlap; what an interface throws.
   */
  async start(): Promise<this> {
    if (this.#state !== 'stopped') {
      throw new NodeError("Root is already started! Can't restart!", { path: this.path });
    }
    this.#state = 'starting';
    try {
      await this.#start();
      return this;
    } catch (error) {
      await this.#shutDown();
      throw error;
    }
  }

  async #start(): Promise<void> {
    this.#buses.clear();
    this._poll.clear();
    this._attach(this, this, this.name);
    await this._finishInit();
    this.#checkOverlaps();
    if (this.#timeout > 10) {
      this.log.warn(`Transaction time-out of ${this.#timeout} s is long: polls and commands may wait for it`);
    }
    this.#state = 'running';
    this._engine.start();
    this.#beat();
    await this._start();
    this._onStopping(() => this._stop());
    if (this.#initRead) await this.#tryStep('initial read', () => this.readAll());
    if (this.#initWrite) await this.#tryStep('initial write', () => this.writeAll());
    this._poll.start();
    await this.PollEn.set(this.#pollEn);
  }

  async #tryStep(name: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.log.error({ error }, `Error in ${name} of ${this.path}: ${errorText(error)}`);
    }
  }

  /** Stops protocols and interfaces, last started first, then polling and updates. Calling it again does nothing. */
  async stop(): Promise<void> {
    if (this.#state !== 'running') return;
    await this.#shutDown();
  }

  async #shutDown(): Promise<void> {
    this.#state = 'stopping';
    this.#heartbeat?.();
    this.#heartbeat = undefined;
    for (const step of this.#stopSteps.splice(0).reverse()) await this.#tryStep('stop', step);
    await this._poll.stop();
    await this._engine.stop(STOP_LIMIT_MS);
    this.#state = 'stopped';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** @internal Registers what to undo at the stop. */
  _onStopping(step: () => Promise<void>): void {
    this.#stopSteps.push(step);
  }

  #beat(): void {
    this.#heartbeat = this.#clock.at(this.#clock.monotonicMs + 1000, () => {
      if (this.#state !== 'running') return;
      this.#beat();
      this.Time.set(this.#now()).catch((error: unknown) => {
        this.log.error({ error }, `Error in heartbeat: ${errorText(error)}`);
      });
    });
  }

  #checkOverlaps(): void {
    const bySlave = new Map<
      MemoryBus,
      { readonly path: string; readonly from: bigint; readonly to: bigint }[]
    >();
    for (const device of [this as Device, ...this.deviceList]) {
      const remote = device._remoteBlocks;
      if (remote === undefined) continue;
      const list = bySlave.get(remote.bus) ?? [];
      for (const { path, address, size } of remote.blocks) {
        list.push({ path, from: address, to: address + BigInt(size) });
      }
      bySlave.set(remote.bus, list);
    }
    for (const list of bySlave.values()) {
      list.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
      for (const [i, { path, from }] of list.entries()) {
        const before = list[i - 1];
        if (before === undefined || from >= before.to) continue;
        throw new NodeError(
          `${path} at address=0x${from.toString(16)} overlaps ${before.path} at address=` +
            `0x${before.from.toString(16)} with size=${before.to - before.from}`,
          { path },
        );
      }
    }
  }

  /** @internal */
  _busOf(slave: MemorySlave): MemoryBus {
    let bus = this.#buses.get(slave);
    if (bus === undefined) {
      bus = new MemoryBus(slave, this.#clock);
      this.#buses.set(slave, bus);
    }
    return bus;
  }

  // ---- look-up ----

  /** The node of an absolute path, whose first part is the root's name or `root`; null when there is none. */
  getNode(path: string): Node | null {
    const [first, ...rest] = path.split('.');
    if (first !== this.name && first !== 'root') return null;
    return rest.reduce<Node | null>((node, name) => node?.node(name) ?? null, this);
  }

  // ---- updates ----

  /** Calls `listener` with every update of every variable that passes the filter, until stopped. */
  addVarListener(listener: VarListener, options: VarListenerOptions = {}): Stop & Disposable {
    const stop = once(this._engine.addListener(listener, options));
    return Object.assign(stop, { [Symbol.dispose]: stop });
  }

  /** All updates from now on that pass the filter; a slow reader loses the oldest beyond 1024. */
  updates(
    options: Omit<VarListenerOptions, 'done'> & { readonly signal?: AbortSignal } = {},
  ): AsyncIterableIterator<VariableValue> {
    const { signal, ...filter } = options;
    let stop: Stop | undefined;
    const feed = new AsyncFeed<VariableValue>({
      capacity: MAX_FEED,
      onEnd: () => stop?.(),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!feed.isEnded) stop = this.addVarListener((_path, value) => feed.push(value), filter);
    return feed;
  }

  /**
   * Delivers the updates caused inside `fn` together: each variable once, with its last value.
   *
   * @param period seconds after which updates are delivered before the end; 0 (default) = at the end only.
   */
  updateGroup<R>(fn: (group: UpdateGroup) => MaybePromise<R>, period = 0): Promise<R> {
    return this._engine.runGroup(fn, period * 1000);
  }

  /** Holds polling off while `fn` runs. */
  pollBlock<R>(fn: () => MaybePromise<R>): Promise<R> {
    return this._poll.runBlocked(fn);
  }

  /** Resolves when all updates queued until now are delivered; at once when the tree does not run. */
  waitOnUpdate(): Promise<void> {
    return this._engine.waitOnUpdate();
  }

  // ---- bulk operations ----

  /** Writes what is staged, everything with `ForceWrite`; then verifies. */
  async writeAll(): Promise<void> {
    const force = this.ForceWrite.value;
    await this.pollBlock(() =>
      this.updateGroup(async (group) => {
        await this.writeBlocks({ force, group });
        await this.verifyBlocks({ group });
        await this.waitBlocks({ group });
      }),
    );
  }

  /** Reads everything. */
  async readAll(): Promise<void> {
    await this.pollBlock(() => this.updateGroup((group) => this.readAndWaitBlocks({ group })));
  }

  override async hardReset(): Promise<void> {
    await super.hardReset();
    await this.clearLog();
  }

  // ---- configuration ----

  #requireConfig(): TreeConfig {
    if (this.#config === undefined) {
      throw new NodeError(`tree ${this.path} was made without the option config: it cannot load or save`, {
        path: this.path,
      });
    }
    return this.#config;
  }

  /** The values as YAML text. @throws {NodeError} without the option `config`. */
  async getYaml(options: GetConfigOptions = {}): Promise<string> {
    return this.#requireConfig().get(this, options);
  }
  /** Sets values from YAML text. @throws {NodeError} without the option `config`. */
  async setYaml(text: string, options: SetConfigOptions = {}): Promise<void> {
    await this.#requireConfig().set(this, text, options);
  }
  /** Saves the values to a file; returns its name. @throws {NodeError} without the option `config`. */
  async saveYaml(options: SaveConfigOptions = {}): Promise<string> {
    return this.#requireConfig().save(this, options);
  }
  /** Loads files. @throws {NodeError} without the option `config`. */
  async loadYaml(name: string | readonly string[], options: SetConfigOptions = {}): Promise<void> {
    await this.#requireConfig().load(this, name, options);
  }

  /**
   * Writes `path = value` lines of the remote variables of the given modes to a text file.
   *
   * @returns the name of the file; an empty name stands for `regdump_<time>.txt`.
   */
  async remoteVariableDump(name: string, modes: readonly Mode[], readFirst: boolean): Promise<string> {
    if (readFirst) await this.readAll();
    const lines: string[] = [];
    for (const variable of this.variableList) {
      if (!(variable instanceof RemoteVariable) || variable.isCommand || !modes.includes(variable.mode))
        continue;
      lines.push(`${variable.path} = ${await variable.getDisp({ read: false })}\n`);
    }
    const file = name === '' ? `regdump_${fileStamp(this.#now())}.txt` : name;
    const { writeFile } = await import('node:fs/promises');
    await writeFile(file, lines.join(''));
    return file;
  }

  // ---- log ----

  /** Logger whose records enter `SystemLog` while the tree runs, for protocols: `pyrogue.EpicsPvServer`. */
  makeLogger(name: string): Logger {
    return new TreeLogger(name, () => this._systemLog);
  }

  /** @internal */
  get _systemLog(): SystemLogSink | undefined {
    return this.running ? this.#log : undefined;
  }

  /** Empties the log. */
  async clearLog(): Promise<void> {
    await this.#log.clear();
  }
}
