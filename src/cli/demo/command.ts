import { SoftIoc, type SoftIocOptions } from '../../ioc/index.ts';
import { type Network, nodeNetwork } from '../../net/index.ts';
import { BUILTIN_NODE_COUNT } from '../../protocols/epicsV7/index.ts';
import { ConfigError, errorText, formatTable, isIpv4, setLogLevel } from '../../util/index.ts';
import type { CliContext, Command } from '../context.ts';
import { getopt } from '../getopt.ts';
import { DemoMachine } from './machine.ts';

const DEFAULT_INTERFACE = '127.0.0.1';
const CA_PORT = 5064;
const PVA_UDP_PORT = 5076;

const usage = `usage: epics-ts demo [-i address] [-b base] [-l] [-d] [-h]

Serves a small linear accelerator as EPICS PVs, over Channel Access and PVAccess, until Ctrl-C.

  -i address  interface to listen on (default ${DEFAULT_INTERFACE}); 0.0.0.0 for all
  -b base     first part of every PV name (default DEMO)
  -l          list hidden PVs too
  -d          print debug messages
  -h          print this text
`;

interface DemoOptions {
  address: string;
  base: string;
  listsHidden: boolean;
}

function readOptions(args: readonly string[], context: CliContext): DemoOptions | number {
  const parsed = getopt(args, 'i:b:ldh', true);
  const hint = `("epics-ts demo -h" for help)`;
  if (parsed.unknown !== undefined || parsed.missing !== undefined || parsed.operands.length > 0) {
    const what =
      parsed.unknown !== undefined
        ? `unknown option -${parsed.unknown}`
        : parsed.missing !== undefined
          ? `option -${parsed.missing} needs a value`
          : `unexpected argument "${parsed.operands[0]}"`;
    context.stderr.write(`demo: ${what} ${hint}\n`);
    return 1;
  }
  const options: DemoOptions = { address: DEFAULT_INTERFACE, base: 'DEMO', listsHidden: false };
  for (const { letter, value } of parsed.options) {
    if (letter === 'h') {
      context.stdout.write(usage);
      return 0;
    }
    if (letter === 'i') options.address = value;
    if (letter === 'b') options.base = value;
    if (letter === 'l') options.listsHidden = true;
    if (letter === 'd') setLogLevel('*', 'debug');
  }
  if (!isIpv4(options.address)) {
    context.stderr.write(`demo: -i "${options.address}" is not an IPv4 address ${hint}\n`);
    return 1;
  }
  return options;
}

/** Serves the demo machine until the signal aborts. */
export async function runDemo(args: readonly string[], context: CliContext): Promise<number> {
  const options = readOptions(args, context);
  if (typeof options === 'number') return options;
  const ioc = new SoftIoc({ env: {}, ...(await serverSettings(options.address, nodeNetwork())) });
  try {
    const machine = new DemoMachine({ base: options.base, ioc });
    await machine.start();
    try {
      context.stdout.write(describe(machine, ioc, options));
      await ended(context.signal);
      context.stdout.write('\nstopping\n');
    } finally {
      await machine.stop();
    }
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.stderr.write(`demo: ${errorText(error)}\n`);
    return 1;
  } finally {
    await ioc.close();
  }
}

/**
 * Settings of both servers: the standard ports, or free ones where another server has them. On one address, a search
 * on a shared port reaches only one of the servers, so the demo leaves a taken Channel Access port to its owner.
 * Nothing is sent beyond a loopback interface.
 */
async function serverSettings(
  address: string,
  network: Network,
): Promise<Pick<SoftIocOptions, 'ca' | 'pva'>> {
  const isLocal = address.startsWith('127.');
  const common = {
    intfAddrList: [address],
    autoBeaconAddrList: !isLocal,
    beaconAddrList: isLocal ? [address] : [],
  };
  const isTaken = !(await isFree(network, address, CA_PORT));
  return { ca: isTaken ? { ...common, serverPort: 0, searchPort: 0 } : common, pva: common };
}

/** Whether nobody uses the port, with TCP or UDP. */
async function isFree(network: Network, address: string, port: number): Promise<boolean> {
  try {
    const listener = await network.listen({ address, port }, (stream) => stream.destroy(), {});
    await listener.close();
    const socket = await network.bind({ address, port });
    socket.close();
    return true;
  } catch {
    // Taken or forbidden: either way not for the demo.
    return false;
  }
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function describe(machine: DemoMachine, ioc: SoftIoc, options: DemoOptions): string {
  const { caTcp, caUdp, pvaTcp, pvaUdp } = ioc.ports;
  const all = machine.epics.entries();
  const own = all.slice(BUILTIN_NODE_COUNT).filter((entry) => machine.getNode(entry.path)?.hidden === false);
  const rows = (options.listsHidden ? all : own).map((entry) => [
    entry.fullName,
    entry.recordType,
    entry.isCommand ? 'command' : entry.isWritable ? 'read, write' : 'read',
    machine.getNode(entry.path)?.description ?? '',
    entry.caName === entry.fullName ? '' : `on Channel Access: ${entry.caName}`,
  ]);
  const p = `${options.base}:Linac:`;
  return [
    formatTable(rows),
    '',
    `${all.length} PVs${options.listsHidden ? '' : `, ${all.length - own.length} of them parts of every tree and device that views hide (-l lists them)`}`,
    `listening on ${options.address}: Channel Access TCP ${caTcp} UDP ${caUdp}, PVAccess TCP ${pvaTcp} UDP ${pvaUdp}`,
    '',
    'Try this in another terminal:',
    ...exportLines(options.address, { caUdp, pvaUdp }).map((line) => `  ${line}`),
    `  epics-ts caget ${p}RfStation:Phase ${p}RfStation:State ${p}Bend:Current`,
    `  epics-ts camonitor ${p}RfStation:ForwardPower`,
    `  epics-ts caput ${p}Bend:Setpoint 150`,
    `  epics-ts caput ${p}RfStation:ResetInterlocks 0`,
    `  epics-ts pvget ${p}RfStation:Digitizer:Samples`,
    `  epics-ts pvmonitor ${p}Gun:Pressure`,
    `  epics-ts pvput ${p}RfStation:State On`,
    'The EPICS Base tools of the same names work as well. In this checkout, "npx epics-ts" is the command.',
    'Ctrl-C stops.',
    '',
  ].join('\n');
}

function exportLines(address: string, ports: { readonly caUdp: number; readonly pvaUdp: number }): string[] {
  const lines = [
    `export EPICS_CA_ADDR_LIST=${address} EPICS_CA_AUTO_ADDR_LIST=NO`,
    `export EPICS_PVA_ADDR_LIST=${address} EPICS_PVA_AUTO_ADDR_LIST=NO`,
  ];
  if (ports.caUdp !== CA_PORT) lines.push(`export EPICS_CA_SERVER_PORT=${ports.caUdp}`);
  if (ports.pvaUdp !== PVA_UDP_PORT) lines.push(`export EPICS_PVA_BROADCAST_PORT=${ports.pvaUdp}`);
  return lines;
}

export const demo: Command = {
  name: 'demo',
  summary: 'serve a small accelerator to try clients on',
  usage,
  run: runDemo,
};
