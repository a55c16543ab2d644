import { writeFile } from 'node:fs/promises';
import type { BaseVariable, GroupNames, Root } from '../tree/index.ts';
import { ConfigError, EpicsError, EpicsErrorCode, type Logger } from '../util/index.ts';

/** PV names by variable path, as users give them. */
export type PvMapOption = Readonly<Record<string, string>>;

/** Which variables a server serves, and under which names. */
export interface MappingOptions {
  readonly base: string;
  /** Only variables in one of these groups. Absent, null or empty: all. */
  readonly incGroups?: GroupNames | null;
  /** No variable in one of these groups. Absent or null: `NoServe`; an empty list excludes nothing. */
  readonly excGroups?: GroupNames | null;
  /** Exact names by variable path; then the groups count for nothing. */
  readonly pvMap?: PvMapOption | null;
  /** Serve the variables and commands that every root has. Default true. */
  readonly serveBuiltins?: boolean;
}

/** A variable and the full name of its PV. */
export interface MappedVariable {
  readonly path: string;
  readonly variable: BaseVariable;
  readonly fullName: string;
}

/** Number of nodes at the start of every root's variable list that the root itself made. */
export const BUILTIN_NODE_COUNT = 55;

/** Automatic mode: every variable that the group filters let pass, as `base:path` with colons. */
export function mapByGroups(root: Root, options: MappingOptions): MappedVariable[] {
  const excGroups = options.excGroups ?? ['NoServe'];
  const all = root.variableList;
  const from = options.serveBuiltins === false ? BUILTIN_NODE_COUNT : 0;
  return all
    .slice(from)
    .filter((variable) => variable.filterByGroup(options.incGroups, excGroups))
    .map((variable) => ({
      path: variable.path,
      variable,
      fullName: `${options.base}:${variable.path.replaceAll('.', ':')}`,
    }));
}

/** Explicit mode: exactly the variables whose paths are keys; a path that is not there is told to `onMissing`. */
export function mapByNames(
  root: Root,
  pvMap: PvMapOption,
  onMissing: (path: string) => void,
): MappedVariable[] {
  const found = new Map<string, MappedVariable>();
  for (const variable of root.variableList) {
    const fullName = Object.hasOwn(pvMap, variable.path) ? pvMap[variable.path] : undefined;
    if (fullName !== undefined) found.set(variable.path, { path: variable.path, variable, fullName });
  }
  for (const path of Object.keys(pvMap)) if (!found.has(path)) onMissing(path);
  return [...found.values()];
}

/** @throws {ConfigError} EPICS_CONFIG naming both paths when two variables were given one name. */
export function checkDistinct(mapped: readonly MappedVariable[]): void {
  const pathOf = new Map<string, string>();
  for (const { fullName, path } of mapped) {
    const other = pathOf.get(fullName);
    if (other !== undefined) {
      throw new ConfigError(`PV name "${fullName}" is given to two variables: "${other}" and "${path}"`, {
        key: 'pvMap',
      });
    }
    pathOf.set(fullName, path);
  }
}

/** One line of a dump: `name -> path`, with the record name where it differs. */
export function dumpLine(fullName: string, path: string, recordName: string = fullName): string {
  return recordName === fullName ? `${fullName} -> ${path}` : `${fullName} -> ${path}  (CA: ${recordName})`;
}

/**
 * Writes a dump to a file.
 *
 * @throws {EpicsError} EPICS_CONFIG with the text that PyRogue has when the file cannot be written.
 */
export async function dumpToFile(lines: readonly string[], file: string): Promise<void> {
  try {
    await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  } catch (cause) {
    throw new EpicsError(EpicsErrorCode.Config, `Failed to dump epics map to ${file}`, { cause });
  }
}

/** Tells the log of a path of the map that the tree does not have. */
export function logMissing(logger: Logger, where: string): (path: string) => void {
  return (path) =>
    logger.error(`Failed to find ${path} from ${where} in Rogue tree${where === 'pvMap' ? '!' : ''}`);
}
