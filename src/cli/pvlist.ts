import type { PvaClient } from '../pva/index.ts';
import { errorText } from '../util/index.ts';
import type { CliContext, Command } from './context.ts';
import { pvaVersionText } from './output.ts';
import {
  defaultPvaSettings,
  PVA_LONG_NAMES,
  type PvaSettings,
  type PvaStyle,
  takePvaOption,
} from './pva-settings.ts';
import { formatTree } from './pva-tree.ts';
import { readArguments } from './tool-arguments.ts';

const PVLIST_TIMEOUT_MS = 3000;
const PVXLIST_TIMEOUT_MS = 5000;
/** The version that servers of today announce. */
const SERVER_VERSION = 2;

/** `pvlist`, or `pvxlist` in the style of pvxs. @see pvAccessCPP pvtoolsSrc/pvlist.cpp */
export function makePvlist(style: PvaStyle): Command {
  const name = style === 'pvac' ? 'pvlist' : 'pvxlist';
  const usage = `
Usage: ${name} [options] [<address[:port]> | 0x<GUID>] ...

Lists the PVAccess servers that answer, or the PVs of the servers given.

  -h          print this text
  -V          print the versions
  -w <sec>    look for servers so long; default ${style === 'pvac' ? 3 : 5}
  -i          what the servers say about themselves, not their PVs
  -d          log what happens to standard error
  --style <s> pvac or pvxs

Examples: ${name}
          ${name} 10.5.1.205:10000
`;
  const run = async (args: readonly string[], context: CliContext): Promise<number> => {
    const given = readArguments(args, context, {
      name,
      usage,
      version: pvaVersionText,
      letters: 'iw:qdvAp',
      longNames: PVA_LONG_NAMES,
    });
    if (typeof given === 'number') return given;
    const timeoutMs = style === 'pvac' ? PVLIST_TIMEOUT_MS : PVXLIST_TIMEOUT_MS;
    const settings = defaultPvaSettings(name, style, timeoutMs);
    let isInfo = false;
    let isActive = true;
    for (const option of given.options) {
      if (option.letter === 'i') isInfo = true;
      else if (option.letter === 'A') isActive = true;
      else if (option.letter === 'p') isActive = false;
      else takePvaOption(settings, option, context);
    }
    const client = context.makePvaClient();
    try {
      return given.operands.length === 0
        ? await listServers(client, isActive, settings, context)
        : await listEach(client, given.operands, isInfo, settings, context);
    } finally {
      await client.close();
    }
  };
  const summary =
    style === 'pvac' ? 'list PVAccess servers, or the PVs of one' : 'pvlist with the output of pvxs';
  return { name, summary, usage, run };
}

async function listServers(
  client: PvaClient,
  isActive: boolean,
  settings: PvaSettings,
  context: CliContext,
): Promise<number> {
  if (settings.style === 'pvxs') {
    await eachServer(client, isActive, settings, context, ({ server }) => {
      context.stdout.write(`${server}\n`);
      return false;
    });
    return 0;
  }
  const byGuid = new Map<string, { readonly protocol: string; readonly servers: string[] }>();
  await eachServer(client, isActive, settings, context, ({ guid, server, protocol }) => {
    const known = byGuid.get(guid);
    if (known === undefined) byGuid.set(guid, { protocol, servers: [server] });
    else known.servers.push(server);
    return false;
  });
  for (const [guid, { protocol, servers }] of byGuid) {
    const id = guid.toUpperCase();
    context.stdout.write(`GUID 0x${id} version ${SERVER_VERSION}: ${protocol}@[ ${servers.join(' ')} ]\n`);
  }
  return 0;
}

interface FoundServer {
  readonly guid: string;
  readonly server: string;
  readonly protocol: string;
}

/** Tells of each server that answers in time. @param onServer returns whether to stop looking. */
async function eachServer(
  client: PvaClient,
  isActive: boolean,
  settings: PvaSettings,
  context: CliContext,
  onServer: (found: FoundServer) => boolean,
): Promise<void> {
  const { timeoutMs } = settings;
  const limit = timeoutMs < Number.POSITIVE_INFINITY ? { timeoutMs } : {};
  try {
    for await (const event of client.discover({ ...limit, ping: isActive, signal: context.signal })) {
      if (event.type === 'online' && onServer(event)) return;
    }
  } catch (error) {
    if (!context.signal.aborted) throw error;
  }
}

async function listEach(
  client: PvaClient,
  targets: readonly string[],
  isInfo: boolean,
  settings: PvaSettings,
  context: CliContext,
): Promise<number> {
  const { timeoutMs } = settings;
  let exitCode = 0;
  for (const target of targets) {
    const server = await resolveTarget(client, target, settings, context);
    if (server === undefined) {
      context.stderr.write(`Failed to resolve GUID '${target}'!\n`);
      exitCode = 1;
      continue;
    }
    try {
      if (isInfo) {
        const info = await client.serverInfo(server, { timeoutMs, signal: context.signal });
        if (settings.style === 'pvxs') {
          const text = (path: string): string => {
            const content = info?.get(path);
            return typeof content === 'string' ? content : '';
          };
          context.stdout.write(`${server} version="${text('version')}" lang="${text('implLang')}"\n`);
        } else context.stdout.write(`${info === null ? '' : formatTree(info)}\n`);
      } else {
        const names = await client.list(server, { timeoutMs, signal: context.signal });
        context.stdout.write(names.map((name) => `${name}\n`).join(''));
      }
    } catch (error) {
      context.stderr.write(`Error: ${errorText(error)}\n`);
      return 1;
    }
  }
  return exitCode;
}

/** The address of a target: a GUID is looked up among the servers that answer. */
async function resolveTarget(
  client: PvaClient,
  target: string,
  settings: PvaSettings,
  context: CliContext,
): Promise<string | undefined> {
  if (!/^0x[0-9a-f]{24}$/i.test(target)) return target;
  let server: string | undefined;
  await eachServer(client, true, settings, context, (found) => {
    if (found.guid.toLowerCase() === target.slice(2).toLowerCase()) server = found.server;
    return server !== undefined;
  });
  return server;
}
