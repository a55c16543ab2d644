import type { Logger } from '../util/index.ts';
import type { Device } from './device.ts';
import { NodeError } from './errors.ts';
import { TreeLogger } from './logging.ts';
import type { Root } from './root.ts';
import type { BaseVariable } from './variable.ts';

/** A group name or several. */
export type GroupNames = string | readonly string[];

/** What all nodes have in common. Names keep PyRogue's spelling. */
export interface NodeOptions {
  /** Default: the name of the class. Letters, digits, `_` and index brackets. */
  readonly name?: string;
  readonly description?: string;
  /** Views show the children at first. */
  readonly expand?: boolean;
  /** Member of the group `Hidden`: views leave it out. */
  readonly hidden?: boolean;
  readonly groups?: GroupNames;
  readonly guiGroup?: string | null;
}

/** A class of nodes, for selections by type. */
export type NodeClass<T extends Node = Node> = abstract new (...args: never[]) => T;

/** Which children to take. */
export interface NodeFilter<T extends Node = Node> {
  /** Only nodes of this class. */
  readonly typ?: NodeClass<T>;
  /** No nodes of this class. */
  readonly excTyp?: NodeClass;
  /** Only nodes in one of these groups; null or empty = all. */
  readonly incGroups?: GroupNames | null | undefined;
  /** No node in one of these groups. */
  readonly excGroups?: GroupNames | null | undefined;
}

const noNodes: ReadonlyMap<string, Node> = new Map();

/** A named part of the tree: a device, a variable or a command. */
export abstract class Node {
  readonly #name: string;
  readonly #description: string;
  readonly #expand: boolean;
  readonly #guiGroup: string | null;
  #groups: readonly string[];
  #parent: Device | null;
  #root: Root | null;
  #path: string;
  #log: Logger | undefined;

  constructor(options: NodeOptions, defaults: { readonly expand: boolean }) {
    this.#name = options.name ?? this.constructor.name;
    this.#description = options.description ?? '';
    this.#expand = options.expand ?? defaults.expand;
    this.#guiGroup = options.guiGroup ?? null;
    this.#groups = toList(options.groups);
    this.#parent = null;
    this.#root = null;
    this.#path = this.#name;
    this.#log = undefined;
    if (options.hidden === true) this.addToGroup('Hidden');
    if (!/^[A-Za-z0-9_[\]]+$/.test(this.#name)) {
      this.log.warn(`Node ${this.#name} with one or more special characters will cause lookup errors.`);
    }
  }

  get name(): string {
    return this.#name;
  }
  get description(): string {
    return this.#description;
  }
  get expand(): boolean {
    return this.#expand;
  }
  get guiGroup(): string | null {
    return this.#guiGroup;
  }
  /** Groups of this node, those of its parents among them. */
  get groups(): readonly string[] {
    return this.#groups;
  }
  /** Dotted path from the root; the bare name until the tree is started. */
  get path(): string {
    return this.#path;
  }
  /** The device above; the root's is itself, null before `add`. */
  get parent(): Device | null {
    return this.#parent;
  }
  /** The root above; null before the tree is started. */
  get root(): Root | null {
    return this.#root;
  }
  /** Direct children in order of `add`. */
  get nodes(): ReadonlyMap<string, Node> {
    return noNodes;
  }
  /** Devices, the root among them. */
  get isDevice(): boolean {
    return false;
  }
  /** Variables that are no commands. */
  get isVariable(): boolean {
    return false;
  }
  get isCommand(): boolean {
    return false;
  }
  /** Membership of the group `Hidden`. */
  get hidden(): boolean {
    return this.inGroup('Hidden');
  }
  set hidden(on: boolean) {
    if (on) this.addToGroup('Hidden');
    else this.removeFromGroup('Hidden');
  }

  /** PyRogue's family name of this kind of node, in logger names. */
  protected get family(): string {
    return 'Node';
  }

  /** Logger of this node, `pyrogue.<family>.<class>.<path>`; while the tree runs, its records enter `SystemLog`. */
  get log(): Logger {
    this.#log ??= new TreeLogger(
      `pyrogue.${this.family}.${this.constructor.name}.${this.#path}`,
      () => this.#root?._systemLog,
    );
    return this.#log;
  }

  /** True when the node is in the group, or in any of the groups. */
  inGroup(group: GroupNames): boolean {
    if (typeof group === 'string') return this.#groups.includes(group);
    return group.some((name) => this.#groups.includes(name));
  }

  /** True when the node is in one of `incGroups` (or these are empty) and in none of `excGroups`. */
  filterByGroup(incGroups?: GroupNames | null, excGroups?: GroupNames | null): boolean {
    if (!isEmpty(incGroups) && !this.inGroup(incGroups)) return false;
    return isEmpty(excGroups) || !this.inGroup(excGroups);
  }

  /** Joins a group, with all nodes below that are there now. */
  addToGroup(group: string): void {
    if (!this.#groups.includes(group)) this.#groups = [...this.#groups, group];
    for (const node of this.nodes.values()) node.addToGroup(group);
  }

  /** Leaves a group; nodes below stay in it. */
  removeFromGroup(group: string): void {
    this.#groups = this.#groups.filter((name) => name !== group);
  }

  /**
   * Adds a child and returns it; only devices take children.
   *
   * @throws {NodeError} EPICS_CONFIG when this is no device, the tree is started, the node has a parent already or
   *   the name is taken.
   */
  add<T extends Node>(node: T): T;
  add(nodes: Iterable<Node>): void;
  add(_node: Node | Iterable<Node>): unknown {
    throw new NodeError(`Attempting to add a node to ${this.path}: only devices have children`, {
      path: this.path,
    });
  }

  /** The direct child of that exact name, or null. */
  node(name: string): Node | null {
    return this.nodes.get(name) ?? null;
  }

  /** Direct children that pass the filter, in order. */
  getNodes<T extends Node = Node>(filter: NodeFilter<T> = {}): Map<string, T> {
    const out = new Map<string, T>();
    for (const [name, node] of this.nodes) {
      if (filter.typ !== undefined && !(node instanceof filter.typ)) continue;
      if (filter.excTyp !== undefined && node instanceof filter.excTyp) continue;
      if (node.filterByGroup(filter.incGroups, filter.excGroups)) out.set(name, node as T);
    }
    return out;
  }

  /** All variables and commands below, depth first in order of `add`. */
  get variableList(): BaseVariable[] {
    const out: BaseVariable[] = [];
    for (const node of this.nodes.values()) {
      if (node.isDevice) out.push(...node.variableList);
      else if (node.isVariable || node.isCommand) out.push(node as BaseVariable);
    }
    return out;
  }

  /** All devices below, depth first. */
  get deviceList(): Device[] {
    const out: Device[] = [];
    for (const node of this.nodes.values()) {
      if (node.isDevice) out.push(node as Device, ...node.deviceList);
    }
    return out;
  }

  /** All nodes below, depth first. */
  get nodeList(): Node[] {
    const out: Node[] = [];
    for (const node of this.nodes.values()) out.push(node, ...node.nodeList);
    return out;
  }

  /**
   * Nodes whose properties match: a text is a regular expression from the start, anything else must be equal.
   *
   * @throws {SyntaxError} when a text is no regular expression.
   */
  find(
    options: {
      readonly recurse?: boolean;
      readonly typ?: NodeClass;
      readonly [property: string]: unknown;
    } = {},
  ): Node[] {
    const { recurse = true, typ, ...properties } = options;
    const checks = Object.entries(properties).map(([key, wanted]) => ({
      key,
      wanted: typeof wanted === 'string' ? new RegExp(`^(?:${wanted})`) : wanted,
    }));
    const matches = (node: Node): boolean =>
      (typ === undefined || node instanceof typ) &&
      checks.every(({ key, wanted }) => {
        const found: unknown = Reflect.get(node, key);
        const value: unknown = typeof found === 'function' ? found.call(node) : found;
        return wanted instanceof RegExp ? wanted.test(String(value)) : value === wanted;
      });
    const list = recurse ? this.nodeList : [...this.nodes.values()];
    return list.filter(matches);
  }

  /** Calls `fn` for this node and all below of the given classes (default: all), depth first, one after another. */
  async callRecursive(fn: (node: Node) => unknown, nodeTypes?: readonly NodeClass[]): Promise<void> {
    if (nodeTypes === undefined || nodeTypes.some((type) => this instanceof type)) await fn(this);
    for (const node of this.nodes.values()) await node.callRecursive(fn, nodeTypes);
  }

  /** @internal True from the first start on. */
  get _isAttached(): boolean {
    return this.#root !== null;
  }

  /** @internal Set when the node is added. */
  _setParent(parent: Device): void {
    this.#parent = parent;
  }

  /** @internal Connects the node to a tree that starts. */
  _attach(parent: Device, root: Root, path: string): void {
    this.#parent = parent;
    this.#root = root;
    this.#path = path;
    this.#log = undefined;
    for (const group of parent.groups) this.addToGroup(group);
  }

  /** @internal Second step of a start, when all nodes are attached. */
  async _finishInit(): Promise<void> {
    for (const node of this.nodes.values()) await node._finishInit();
  }
}

function toList(groups: GroupNames | undefined): readonly string[] {
  if (groups === undefined) return [];
  return typeof groups === 'string' ? [groups] : [...new Set(groups)];
}

function isEmpty(groups: GroupNames | null | undefined): groups is null | undefined {
  return groups === null || groups === undefined || groups.length === 0;
}
