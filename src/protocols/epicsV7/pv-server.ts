import type { SoftIoc } from '../../ioc/index.ts';
import { StaticSource } from '../../pv/index.ts';
import type { BaseVariable, ManagedInterface, Root } from '../../tree/index.ts';
import { ConfigError, type Logger, utf8Length } from '../../util/index.ts';
import { defaultSizes, type SizeOptions } from '../kind-map.ts';
import {
  checkDistinct,
  dumpLine,
  dumpToFile,
  logMissing,
  type MappedVariable,
  type MappingOptions,
  mapByGroups,
  mapByNames,
} from '../pv-map.ts';
import { EpicsPvHolder, type PvEntry } from './pv-holder.ts';
import { type CaOptions, caSettings, type PvaOptions, pvaSettings } from './server-settings.ts';
import { type IocLease, leaseSharedIoc } from './shared-ioc.ts';
import { MAX_BASE_LEN, recordNameOf } from './short-name.ts';

const LOGGER_NAME = 'pyrogue.EpicsPvServer';

/** Settings of an {@link EpicsPvServer}. Names and meaning of the first five are PyRogue's. */
export interface EpicsPvServerOptions extends MappingOptions {
  /** The tree to serve; the server adds itself to its protocols. */
  readonly root: Root;
  /** Publish into this IOC instead of the one that the servers of this process share. Its owner closes it. */
  readonly ioc?: SoftIoc;
  /** Channel Access settings of the shared IOC, for example `{ interfaces: ['10.0.0.5'], port: 5064 }`. */
  readonly ca?: CaOptions;
  /** PVAccess settings of the shared IOC. */
  readonly pva?: PvaOptions;
  /** Bytes of a text on Channel Access, with the terminating zero. Default 4096. */
  readonly maxStringLength?: number;
  /** Elements of an array on Channel Access. Default: its initial length. */
  readonly maxArrayLength?: number;
  /** Type of plain integers. Default `int32`. */
  readonly int?: SizeOptions['int'];
  /** `long` (default): every command is a longout; `typed`: by the type of its argument. */
  readonly commandRecords?: 'long' | 'typed';
  /** Adds records `:RET`, `:STS` and `:MSG` beside each command. Default false. */
  readonly commandStatus?: boolean;
  /** Access security group of a variable. */
  readonly asg?: (variable: BaseVariable) => string;
  readonly logger?: Logger;
}

/**
 * Serves the variables and commands of a device tree as EPICS records, over Channel Access and PVAccess.
 *
 * Give it a root and it is started and stopped with it; do not add it to the root again.
 *
 * @example
 * class MyRoot extends Root {
 *   readonly epics = new EpicsPvServer({ base: 'MyIoc', root: this });
 * }
 *
 * @see slaclab/rogue python/pyrogue/protocols/epicsV7.py, EpicsPvServer
 */
export class EpicsPvServer implements ManagedInterface, AsyncDisposable {
  readonly #options: EpicsPvServerOptions;
  readonly #log: Logger;
  readonly #aliases: StaticSource;
  #holders: EpicsPvHolder[];
  #mapping: readonly MappedVariable[];
  #lease: IocLease | undefined;
  #isStarted: boolean;

  /** @throws {ConfigError} EPICS_CONFIG when `base` has not 1 to 44 bytes. */
  constructor(options: EpicsPvServerOptions) {
    const length = utf8Length(options.base);
    if (length < 1 || length > MAX_BASE_LEN) {
      throw new ConfigError(`base "${options.base}" has ${length} bytes; it needs 1 to ${MAX_BASE_LEN}`, {
        key: 'base',
      });
    }
    this.#options = options;
    this.#log = options.logger ?? options.root.makeLogger(LOGGER_NAME);
    this.#aliases = new StaticSource(`epicsV7 ${options.base}`, {
      onFault: (error) => this.#log.error({ error }, 'listener failed'),
    });
    this.#holders = [];
    this.#mapping = [];
    this.#lease = undefined;
    this.#isStarted = false;
    options.root.addProtocol(this);
  }

  get base(): string {
    return this.#options.base;
  }

  /** The IOC that serves the records; undefined while stopped. */
  get ioc(): SoftIoc | undefined {
    return this.#lease?.ioc;
  }

  /** The ports in use; undefined while stopped. */
  get ports(): SoftIoc['ports'] | undefined {
    return this.#lease?.ioc.ports;
  }

  /** Full PV name by variable path, in tree order; in explicit mode the map as it was given. */
  list(): Record<string, string> {
    const pvMap = this.#explicitMap;
    if (pvMap !== undefined) return { ...pvMap };
    return Object.fromEntries(this.#mapping.map(({ path, fullName }) => [path, fullName]));
  }

  /** What is served, with record names and types; empty while stopped. */
  entries(): readonly PvEntry[] {
    return this.#holders.map((holder) => holder.entry);
  }

  /** Prints `name -> path` for each entry of {@link list}. */
  dump(): void;
  /** Writes the same to a file. Rejects with `Failed to dump epics map to <file>` when it cannot be written. */
  dump(file: string): Promise<void>;
  dump(file?: string): Promise<void> | void {
    const base = this.#options.base;
    const lines = Object.entries(this.list()).map(([path, name]) =>
      dumpLine(name, path, recordNameOf(base, name)),
    );
    if (file !== undefined) return dumpToFile(lines, file);
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  }

  /**
   * Makes the records and, last, opens the sockets; called by the root. Resolves when clients find the PVs.
   *
   * @throws {ConfigError} EPICS_CONFIG when the tree does not run, the server runs, or names collide; nothing is left
   * behind then.
   */
  async start(): Promise<void> {
    const { root, base } = this.#options;
    if (!root.running) throw new ConfigError('epicsV7 cannot be set up on a tree that is not started');
    if (this.#isStarted) {
      throw new ConfigError(
        `epicsV7: Duplicate _start() call for base=${base}. Protocol may have been added twice.`,
      );
    }
    const mapping = this.#makeMapping();
    const holders = this.#makeHolders(mapping);
    this.#isStarted = true;
    try {
      this.#mapping = mapping;
      this.#lease = this.#leaseIoc();
      await this.#open(this.#lease.ioc, holders);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Takes all PVs away and closes the shared IOC when this was its last server. Idempotent. */
  async stop(): Promise<void> {
    const lease = this.#lease;
    for (const holder of this.#holders) {
      const alias = holder.alias;
      if (alias !== undefined) this.#aliases.remove(alias.name);
      holder.close();
    }
    this.#holders = [];
    this.#mapping = [];
    this.#lease = undefined;
    this.#isStarted = false;
    lease?.ioc.pva?.removeSource(this.#aliases);
    await lease?.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** An empty map means automatic mode, as in PyRogue. */
  get #explicitMap(): Readonly<Record<string, string>> | undefined {
    const { pvMap } = this.#options;
    return pvMap === null || pvMap === undefined || Object.keys(pvMap).length === 0 ? undefined : pvMap;
  }

  #makeMapping(): MappedVariable[] {
    const pvMap = this.#explicitMap;
    const { root } = this.#options;
    const mapping =
      pvMap === undefined
        ? mapByGroups(root, this.#options)
        : mapByNames(root, pvMap, logMissing(this.#log, 'pvMap'));
    checkDistinct(mapping);
    return mapping;
  }

  #makeHolders(mapping: readonly MappedVariable[]): EpicsPvHolder[] {
    const { base, asg } = this.#options;
    const options = {
      base,
      sizes: {
        maxStringLength: this.#options.maxStringLength ?? defaultSizes.maxStringLength,
        maxArrayLength: this.#options.maxArrayLength ?? defaultSizes.maxArrayLength,
        int: this.#options.int ?? defaultSizes.int,
      },
      commandRecords: this.#options.commandRecords ?? 'long',
      hasCommandStatus: this.#options.commandStatus ?? false,
      asg: asg ?? (() => ''),
      logger: this.#log,
    } as const;
    const pathOf = new Map<string, string>();
    return mapping.map((mapped) => {
      const holder = new EpicsPvHolder(mapped, recordNameOf(base, mapped.fullName), options);
      for (const name of holder.recordNames) {
        const other = pathOf.get(name);
        if (other !== undefined) throw collision(name, other, mapped.path);
        pathOf.set(name, mapped.path);
      }
      return holder;
    });
  }

  #leaseIoc(): IocLease {
    const { ioc, ca, pva } = this.#options;
    if (ioc !== undefined) return { ioc, release: () => Promise.resolve() };
    return leaseSharedIoc({
      ...(ca === undefined ? {} : { ca: caSettings(ca) }),
      ...(pva === undefined ? {} : { pva: pvaSettings(pva) }),
    });
  }

  async #open(ioc: SoftIoc, holders: readonly EpicsPvHolder[]): Promise<void> {
    for (const { recordNames, entry } of holders) {
      for (const name of recordNames) {
        if (ioc.database.find(name) !== undefined) {
          throw new ConfigError(`epicsV7: record "${name}" for ${entry.path} exists already in this IOC`, {
            key: 'base',
          });
        }
      }
    }
    for (const holder of holders) {
      this.#holders.push(holder);
      await holder.open(ioc.database);
      if (holder.alias !== undefined) this.#aliases.add(holder.alias.name, holder.alias);
    }
    ioc.pva?.addSource(this.#aliases);
    await ioc.start();
  }
}

function collision(recordName: string, first: string, second: string): ConfigError {
  const suffix = recordName.slice(recordName.lastIndexOf(':') + 1);
  return new ConfigError(
    `epicsV7: Hash collision detected! Two variables map to the same CA suffix '${suffix}': '${first}' and '${second}'`,
  );
}
