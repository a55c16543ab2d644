import type { Root } from './root.ts';
import type { Mode } from './types.ts';

/** Which variables a configuration covers. */
export interface ConfigFilter {
  readonly modes?: readonly Mode[];
  readonly incGroups?: string | readonly string[] | null;
  readonly excGroups?: string | readonly string[] | null;
}

/** Settings of an export. */
export interface GetConfigOptions extends ConfigFilter {
  /** Read the hardware first. */
  readonly readFirst?: boolean;
}

/** Settings of a file export; an empty name stands for one made of the prefix and the time. */
export interface SaveConfigOptions extends GetConfigOptions {
  readonly name?: string;
  readonly autoPrefix?: string;
  readonly autoCompress?: boolean;
}

/** Settings of an import. */
export interface SetConfigOptions extends ConfigFilter {
  /** Write each value at once instead of all at the end. */
  readonly writeEach?: boolean;
}

/** Reads and writes the configuration of a tree as text and files; the tree is given one in its options. */
export interface TreeConfig {
  get(root: Root, options: GetConfigOptions): Promise<string>;
  set(root: Root, text: string, options: SetConfigOptions): Promise<void>;
  /** @returns the name of the file written. */
  save(root: Root, options: SaveConfigOptions): Promise<string>;
  load(root: Root, name: string | readonly string[], options: SetConfigOptions): Promise<void>;
}

/** What a configuration holds: settings without the group NoConfig. */
export const configFilter: ConfigFilter = { modes: ['RW', 'WO'], excGroups: 'NoConfig' };
/** What a state holds: everything without the group NoState. */
export const stateFilter: ConfigFilter = { modes: ['RW', 'RO', 'WO'], excGroups: 'NoState' };
