import { type Block, LocalBlock } from './block.ts';
import { buildBlocks } from './block-builder.ts';
import { type CommandOptions, LocalCommand, RemoteCommand, type RemoteCommandOptions } from './command.ts';
import { type EnableState, EnableVariable } from './enable.ts';
import { DeviceError, NodeError } from './errors.ts';
import { LinkVariable } from './link-variable.ts';
import type { MemoryBus } from './memory/bus.ts';
import type { MemorySlave, Transaction } from './memory/slave.ts';
import { Node, type NodeClass, type NodeOptions } from './node.ts';
import { type NodeArray, NodeFamily, type NodeMatch, splitArrayName } from './path.ts';
import { pyStr } from './python-text.ts';
import { RemoteBlock } from './remote-block.ts';
import { RemoteVariable, type RemoteVariableOptions } from './remote-variable.ts';
import type { Root } from './root.ts';
import type { BlockOptions, MaybePromise } from './types.ts';
import { BaseVariable } from './variable.ts';

/** Something that runs with the tree: a server, a link, a memory. Both methods are optional. */
export interface ManagedInterface {
  start?(root: Root): MaybePromise<unknown>;
  stop?(): MaybePromise<unknown>;
}

/** Settings of a {@link Device}. */
export interface DeviceOptions extends NodeOptions {
  /** Memory of this device and those below. Default: that of the device above. */
  readonly memBase?: MemorySlave | Device;
  /** Byte offset of the device's registers, in the memory or in the device above. Default 0. */
  readonly offset?: number | bigint;
  /** First state of `enable`. Default true. */
  readonly enabled?: boolean;
  /** Default values by name; array names select as in `nodeMatch`. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Variables that must all be truthy for the device to be enabled. */
  readonly enableDeps?: readonly BaseVariable[];
  /** With `hubMax`: the device is an address space of its own, smallest access in bytes. */
  readonly hubMin?: number;
  /** With `hubMin`: largest access in bytes. */
  readonly hubMax?: number;
}

interface DeviceMemory {
  readonly bus: MemoryBus;
  readonly base: bigint;
}

/**
 * A part of the tree that holds variables, commands and other devices.
 *
 * Subclasses declare their children as fields: `readonly Gain = this.add(new LocalVariable({...}))`.
 */
export class Device extends Node {
  readonly #nodes: Map<string, Node>;
  readonly #families: Map<string, NodeFamily>;
  readonly #managed: ManagedInterface[];
  readonly #memBase: MemorySlave | Device | undefined;
  readonly #offset: bigint;
  readonly #defaults: Readonly<Record<string, unknown>>;
  readonly #hubMin: number;
  readonly #hubMax: number;
  readonly #hub: MemorySlave;
  #blocks: readonly Block[];
  #memory: DeviceMemory | undefined;
  #timeout: number | undefined;
  /** Wait after each transaction of a bulk operation. */
  forceWaitEach: boolean;
  readonly enable: EnableVariable;
  readonly ReadDevice: LocalCommand<boolean, void>;
  readonly WriteDevice: LocalCommand<string, void>;

  constructor(options: DeviceOptions = {}) {
    super(options, { expand: false });
    this.#nodes = new Map();
    this.#families = new Map();
    this.#managed = [];
    this.#memBase = options.memBase;
    this.#offset = BigInt(options.offset ?? 0);
    this.#defaults = options.defaults ?? {};
    this.#hubMin = options.hubMin ?? 0;
    this.#hubMax = options.hubMax ?? 0;
    this.#hub = {
      min: this.#hubMin,
      max: this.#hubMax,
      name: this.name,
      transact: (transaction) => this.doTransaction(transaction),
    };
    this.#blocks = [];
    this.#memory = undefined;
    this.#timeout = undefined;
    this.forceWaitEach = false;
    this.enable = this.add(new EnableVariable(options.enabled ?? true, options.enableDeps ?? []));
    this.ReadDevice = this.add(
      new LocalCommand<boolean, void>({
        name: 'ReadDevice',
        description: 'Initiate read of all variables in device and sub-devices',
        value: false,
        hidden: true,
        function: ({ arg }) => this.readAndWaitBlocks({ recurse: arg }),
      }),
    );
    this.WriteDevice = this.add(
      new LocalCommand<string, void>({
        name: 'WriteDevice',
        description: 'Force write of all variables in device and sub-devices',
        value: '',
        hidden: true,
        function: ({ arg }) => this.writeAndVerifyBlocks({ force: true, recurse: arg !== '' }),
      }),
    );
  }

  override get isDevice(): boolean {
    return true;
  }
  protected override get family(): string {
    return 'Device';
  }
  override get nodes(): ReadonlyMap<string, Node> {
    return this.#nodes;
  }
  /** True while the tree runs. */
  get running(): boolean {
    return this.root?.running ?? false;
  }
  /** True when the device and all above are switched on and its dependencies allow it. */
  get isEnabled(): boolean {
    return this.enable.value === true;
  }
  /** Byte offset, as given. */
  get offset(): bigint {
    return this.#offset;
  }
  /** Address in the space of its memory; null without memory, or before the start. */
  get address(): bigint | null {
    return this.#memory?.base ?? null;
  }
  /** Blocks of this device: local ones in order of `add`, then those in memory by address. */
  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  // ---- children ----

  override add<T extends Node>(node: T): T;
  override add(nodes: Iterable<Node>): void;
  override add(node: Node | Iterable<Node>): unknown {
    if (!(node instanceof Node)) {
      for (const item of node) this.add(item);
      return undefined;
    }
    const fail = (text: string): never => {
      throw new NodeError(`Error adding node with name ${node.name} to ${this.path}. ${text}`, {
        path: this.path,
      });
    };
    if (this._isAttached) fail('Tree is already started');
    if (node.parent !== null) fail('Node is already attached');
    if (this.#nodes.has(node.name) || this.#families.has(node.name) || isReserved(this, node.name)) {
      fail('Name collision');
    }
    const array = splitArrayName(node.name);
    if (array !== undefined) this.#addToFamily(array.base, array.keys, node, fail);
    this.#nodes.set(node.name, node);
    node._setParent(this);
    return node;
  }

  #addToFamily(base: string, keys: readonly string[], node: Node, fail: (text: string) => never): void {
    if (!keys.every((key) => /^\d+$/.test(key))) {
      this.log.warn(`Array node ${node.name} with non numeric key: it is reachable by its full name only`);
      return;
    }
    if (this.#nodes.has(base) || isReserved(this, base)) fail('Name collision');
    const family = this.#families.get(base) ?? new NodeFamily();
    if (!family.insert(keys.map(Number), node)) fail('Name collision');
    this.#families.set(base, family);
  }

  /** Children `name[i][j]...` as nested indices: `dev.array('name')[i][j]`. Empty when there are none. */
  array(name: string): NodeArray {
    return this.#families.get(name)?.toArray() ?? {};
  }

  /**
   * Finds children by name with indices: a child of the exact name; an array variable with keys for its elements; all
   * members of an array family that the keys select (`[1]`, `[*]`, `[:]`, `[1:4]`).
   */
  nodeMatch(name: string): NodeMatch {
    const exact = this.#nodes.get(name);
    if (exact !== undefined) return { nodes: [exact], keys: undefined };
    const array = splitArrayName(name);
    if (array === undefined) return { nodes: [], keys: undefined };
    const base = this.#nodes.get(array.base);
    if (base !== undefined) return { nodes: [base], keys: array.keys };
    return { nodes: this.#families.get(array.base)?.select(array.keys) ?? [], keys: undefined };
  }

  /** Direct variables, commands left out. */
  get variables(): Map<string, BaseVariable> {
    return this.variablesByGroup();
  }
  /** Direct commands. */
  get commands(): Map<string, BaseVariable> {
    return this.commandsByGroup();
  }
  /** Direct devices. */
  get devices(): Map<string, Device> {
    return this.devicesByGroup();
  }
  variablesByGroup(
    incGroups?: string | readonly string[],
    excGroups?: string | readonly string[],
  ): Map<string, BaseVariable> {
    const all = this.getNodes({ typ: BaseVariable, incGroups, excGroups });
    return new Map([...all].filter(([, node]) => node.isVariable));
  }
  commandsByGroup(
    incGroups?: string | readonly string[],
    excGroups?: string | readonly string[],
  ): Map<string, BaseVariable> {
    const all = this.getNodes({ typ: BaseVariable, incGroups, excGroups });
    return new Map([...all].filter(([, node]) => node.isCommand));
  }
  devicesByGroup(
    incGroups?: string | readonly string[],
    excGroups?: string | readonly string[],
  ): Map<string, Device> {
    return this.getNodes<Device>({ typ: Device as NodeClass<Device>, incGroups, excGroups });
  }

  /** Adds a command; shorthand for `add(new LocalCommand(...))`. */
  command<A = unknown, R = unknown>(
    options: CommandOptions<A, R>,
    fn?: CommandOptions<A, R>['function'],
  ): LocalCommand<A, R> {
    return this.add(new LocalCommand<A, R>(fn === undefined ? options : { ...options, function: fn }));
  }

  /** Adds `name[i]` at `offset + i * stride`, made by `make`. */
  addNodes<T extends Node, O extends { readonly name: string; readonly offset: number }>(
    make: new (options: O) => T,
    number: number,
    stride: number,
    options: O,
  ): T[] {
    return Array.from({ length: number }, (_, i) =>
      this.add(new make({ ...options, name: `${options.name}[${i}]`, offset: options.offset + i * stride })),
    );
  }

  /**
   * Adds `number` variables `name[i]`, `stride` bytes apart. With `pack` they are hidden, and a variable `name_All` joins
   * their texts with `_`, the highest index first.
   */
  addRemoteVariables<T = number | bigint>(
    number: number,
    stride: number,
    options: RemoteVariableOptions<T> & { readonly name: string; readonly offset: number },
    pack = false,
  ): RemoteVariable<T>[] {
    const hidden = pack ? { hidden: true } : {};
    const made = Array.from({ length: number }, (_, i) =>
      this.add(
        new RemoteVariable<T>({
          ...options,
          ...hidden,
          name: `${options.name}[${i}]`,
          offset: options.offset + i * stride,
        }),
      ),
    );
    if (pack) this.add(packedVariable(options, made));
    return made;
  }

  /** Adds `number` commands `name[i]`, `stride` bytes apart. */
  addRemoteCommands<A = number | bigint, R = unknown>(
    number: number,
    stride: number,
    options: RemoteCommandOptions<A, R> & { readonly name: string; readonly offset: number },
  ): RemoteCommand<A, R>[] {
    return Array.from({ length: number }, (_, i) =>
      this.add(
        new RemoteCommand<A, R>({
          ...options,
          name: `${options.name}[${i}]`,
          offset: options.offset + i * stride,
        }),
      ),
    );
  }

  /** Sets the poll interval in seconds of the named variables; default: of those that are polled. */
  setPollInterval(seconds: number, variables?: readonly string[]): void {
    for (const [name, variable] of this.variables) {
      const isMeant = variables === undefined ? variable.pollInterval !== 0 : variables.includes(name);
      if (isMeant) variable.setPollInterval(seconds);
    }
  }

  /** Hides or shows the named variables, default all. */
  hideVariables(hidden: boolean, variables?: readonly string[]): void {
    for (const [name, variable] of this.variables) {
      if (variables === undefined || variables.includes(name)) variable.hidden = hidden;
    }
  }

  // ---- managed objects ----

  /** Makes objects start and stop with the tree; returns the object when it is one. */
  addInterface<T extends object>(item: T): T {
    this.#manage(item);
    return item;
  }
  /** The same as {@link Device.addInterface}. */
  addProtocol<T extends object>(item: T): T {
    return this.addInterface(item);
  }
  /** The same as {@link Device.addInterface}. */
  manage<T extends object>(item: T): T {
    return this.addInterface(item);
  }

  #manage(item: object): void {
    if (Symbol.iterator in item) {
      for (const inner of item as Iterable<object>) this.#manage(inner);
    } else {
      // What is added twice starts twice, as in PyRogue; servers refuse the second start.
      this.#managed.push(item);
    }
  }

  /** Starts managed objects, then the devices below. Overrides call it. */
  async _start(): Promise<void> {
    const root = this.root;
    if (root === null) return;
    for (const item of this.#managed) {
      await item.start?.(root);
      root._onStopping(async () => {
        await item.stop?.();
      });
    }
    for (const device of this.#childDevices()) {
      await device._start();
      root._onStopping(() => device._stop());
    }
  }

  /** Called when the tree stops; managed objects are stopped by the root. */
  async _stop(): Promise<void> {}

  #childDevices(): Device[] {
    return [...this.#nodes.values()].filter((node) => node instanceof Device);
  }

  // ---- hooks ----

  /** Brings the hardware into its working state; by default the devices below. */
  async initialize(): Promise<void> {
    for (const device of this.#childDevices()) await device.initialize();
  }
  /** Resets the hardware; by default the devices below. */
  async hardReset(): Promise<void> {
    for (const device of this.#childDevices()) await device.hardReset();
  }
  /** Resets counters; by default the devices below. */
  async countReset(): Promise<void> {
    for (const device of this.#childDevices()) await device.countReset();
  }
  /** Called when a write to `enable` changed the state. */
  enableChanged(_value: EnableState): MaybePromise<void> {}

  // ---- blocks ----

  #selected(options: BlockOptions): readonly Block[] {
    if (options.variable === undefined) return this.#blocks.filter((block) => block.bulkOpEn);
    const block = options.variable._block;
    return block === undefined ? [] : [block];
  }

  async #forEach(
    options: BlockOptions,
    own: (block: Block) => Promise<void>,
    below: (device: Device, options: BlockOptions) => Promise<void>,
  ): Promise<void> {
    const isEach = options.waitEach === true || this.forceWaitEach;
    for (const block of this.#selected(options)) {
      await own(block);
      if (isEach) await block.wait(options.group);
    }
    if (options.variable !== undefined || options.recurse === false) return;
    for (const device of this.#childDevices()) await below(device, options);
  }

  /** Issues writes of what is staged (all with `force`); resolves when they are issued, see {@link Device.waitBlocks}. */
  writeBlocks(options: BlockOptions = {}): Promise<void> {
    const { force, variable, index } = options;
    return this.#forEach(
      options,
      (block) => block.start('write', { force, variable, index }),
      (device, inner) => device.writeBlocks(inner),
    );
  }

  /** Issues reads that are compared with what was written. */
  verifyBlocks(options: BlockOptions = {}): Promise<void> {
    const { variable, index } = options;
    return this.#forEach(
      options,
      (block) => block.start('verify', { variable, index }),
      (device, inner) => device.verifyBlocks(inner),
    );
  }

  /** Issues reads. */
  readBlocks(options: BlockOptions = {}): Promise<void> {
    const { variable, index } = options;
    return this.#forEach(
      options,
      (block) => block.start('read', { variable, index }),
      (device, inner) => device.readBlocks(inner),
    );
  }

  /**
   * Waits for the transactions issued and tells listeners. All are waited for, then the first failure is thrown.
   *
   * @throws {MemoryError} when a transaction failed.
   */
  async waitBlocks(options: BlockOptions = {}): Promise<void> {
    const failures: unknown[] = [];
    const guard = async (step: Promise<void>): Promise<void> => {
      try {
        await step;
      } catch (error) {
        failures.push(error);
      }
    };
    await this.#forEach(
      { ...options, waitEach: false },
      (block) => guard(block.wait(options.group)),
      (device, inner) => guard(device.waitBlocks(inner)),
    );
    if (failures.length > 0) throw failures[0];
  }

  /** Writes, verifies and waits. */
  async writeAndVerifyBlocks(options: BlockOptions = {}): Promise<void> {
    await this.writeBlocks(options);
    await this.verifyBlocks(options);
    await this.waitBlocks(options);
  }

  /** Reads and waits. */
  async readAndWaitBlocks(options: BlockOptions = {}): Promise<void> {
    await this.readBlocks(options);
    await this.waitBlocks(options);
  }

  // ---- memory ----

  /**
   * Performs an access of a device below a hub (`hubMin` and `hubMax` given): here to the memory above, at this
   * device's offset. Override it for registers behind an address and a data register.
   */
  async doTransaction(transaction: Transaction): Promise<void> {
    const upstream = this.#upstream();
    if (upstream === undefined) {
      throw new DeviceError(`Device ${this.path} is a hub but has no memBase`, { path: this.path });
    }
    const address = upstream.base + transaction.address;
    await upstream.bus.transact(transaction.type, address, transaction.data, this._timeoutMs);
  }

  /** Time-out of transactions in milliseconds. */
  get _timeoutMs(): number {
    return (this.#timeout ?? this.root?.timeout ?? 1) * 1000;
  }

  /** Sets the time-out of this device's transactions, in seconds, instead of the root's. */
  setTimeout(seconds: number): void {
    this.#timeout = seconds;
  }

  get #isHubRoot(): boolean {
    return this.#hubMin > 0 && this.#hubMax > 0;
  }

  /** Memory that this device's own registers are in, without regard to its being a hub. */
  #upstream(): DeviceMemory | undefined {
    const root = this.root;
    if (root === null) return undefined;
    const source = this.#memBase ?? (this.parent === this ? undefined : this.parent);
    if (source === undefined || source === null) return undefined;
    if (!(source instanceof Device)) return { bus: root._busOf(source), base: this.#offset };
    const above = source.#spaceBelow();
    return above === undefined ? undefined : { bus: above.bus, base: above.base + this.#offset };
  }

  /** Memory that devices below are in. */
  #spaceBelow(): DeviceMemory | undefined {
    const root = this.root;
    if (root === null || !this.#isHubRoot) return this.#upstream();
    return { bus: root._busOf(this.#hub), base: 0n };
  }

  /** @internal Slave and blocks, for the check of overlaps across devices. */
  get _remoteBlocks(): { readonly bus: MemoryBus; readonly blocks: readonly RemoteBlock[] } | undefined {
    if (this.#memory === undefined) return undefined;
    return { bus: this.#memory.bus, blocks: this.#blocks.filter((block) => block instanceof RemoteBlock) };
  }

  // ---- start ----

  /** @internal */
  override _attach(parent: Device, root: Root, path: string): void {
    super._attach(parent, root, path);
    if (parent !== this) parent.enable.addListener(this.enable);
    for (const node of this.#nodes.values()) node._attach(this, root, `${path}.${node.name}`);
    this.#buildBlocks();
    this.#applyDefaults();
  }

  #buildBlocks(): void {
    const local: Block[] = [];
    const remote: RemoteVariable<unknown>[] = [];
    for (const node of this.#nodes.values()) {
      if (node instanceof RemoteVariable) {
        remote.push(node);
      } else if (node instanceof BaseVariable && !(node instanceof LinkVariable) && node !== this.enable) {
        const block = new LocalBlock(node);
        node._setBlock(block);
        if (!node.isCommand) local.push(block);
      }
    }
    this.#memory = this.#isHubRoot ? this.#spaceBelow() : this.#upstream();
    if (this.#memory === undefined) {
      if (remote.length > 0) {
        throw new DeviceError(`Device ${this.path} has RemoteVariables or RemoteCommands but no memBase`, {
          path: this.path,
        });
      }
      this.#blocks = local;
      return;
    }
    this.#blocks = [...local, ...buildBlocks(this, this.#memory.bus, this.#memory.base, remote)];
  }

  #applyDefaults(): void {
    for (const [name, value] of Object.entries(this.#defaults)) {
      const { nodes, keys } = this.nodeMatch(name);
      if (nodes.length === 0 || keys !== undefined) {
        this.log.error(`Default of ${name} not applied: no such node in ${this.path}`);
      }
      for (const node of keys === undefined ? nodes : []) {
        if (node instanceof BaseVariable) node._setDefault(value);
      }
    }
  }
}

/** Members of the classes themselves are no names for children; fields of subclasses are. */
function isReserved(device: Device, name: string): boolean {
  for (
    let proto: object | null = Object.getPrototypeOf(device);
    proto !== null;
    proto = Object.getPrototypeOf(proto)
  ) {
    if (Object.hasOwn(proto, name)) return true;
  }
  return false;
}

function packedVariable<T>(
  options: RemoteVariableOptions<T> & { readonly name: string },
  parts: readonly RemoteVariable<T>[],
): LinkVariable<string> {
  const link = new LinkVariable<string>({
    name: `${options.name}_All`,
    description: options.description ?? '',
    mode: options.mode ?? 'RW',
    dependencies: parts,
    typeStr: 'str',
    disp: '{}',
    linkedGet: async ({ read }) => {
      const texts: string[] = [];
      for (const part of parts) texts.unshift(await part.getDisp({ read }));
      return texts.join('_');
    },
    linkedSet: async ({ value, write }) => {
      const texts = pyStr(value).split('_').reverse();
      for (const [i, part] of parts.entries()) {
        const text = texts[i];
        if (text !== undefined) await part.setDisp(text, { write });
      }
    },
  });
  return link;
}
