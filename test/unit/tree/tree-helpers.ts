import { afterEach, beforeEach } from 'vitest';
import { ManualClock } from '../../../src/testing/index.ts';
import {
  Device,
  type DeviceOptions,
  Emulate,
  type Node,
  Root,
  type RootOptions,
} from '../../../src/tree/index.ts';
import { addLogSink, type LogRecord, type Stop } from '../../../src/util/index.ts';

/** Collects log records of each test instead of printing them. */
export function captureLog(): LogRecord[] {
  const records: LogRecord[] = [];
  let stop: Stop | undefined;
  beforeEach(() => {
    records.length = 0;
    stop = addLogSink((record) => records.push(record));
  });
  afterEach(() => stop?.());
  return records;
}

export interface Bench {
  readonly root: Root;
  readonly dev: Device;
  readonly mem: Emulate;
  readonly clock: ManualClock;
  /** Transactions since the last call, as `Write 1000 11000000`. */
  readonly bus: () => string[];
  /** Updates since the last call, as `path=value`. */
  readonly updates: () => string[];
}

/** A started tree `Top` with a device `Dev` at 0x1000 of an emulated memory, in virtual time. */
export async function startBench(
  nodes: readonly Node[],
  options: { readonly root?: RootOptions; readonly dev?: DeviceOptions } = {},
): Promise<Bench> {
  const clock = new ManualClock();
  const mem = new Emulate({ clock });
  const root = new Root({ name: 'Top', clock, pollEn: false, ...options.root });
  const dev = new Device({ name: 'Dev', offset: 0x1000, memBase: mem, ...options.dev });
  dev.add(nodes);
  root.add(dev);
  mem.log = [];
  let updates: string[] = [];
  root.addVarListener((path, { value }) => updates.push(`${path.replace('Top.Dev.', '')}=${String(value)}`));
  await root.start();
  await root.waitOnUpdate();
  updates = [];
  return {
    root,
    dev,
    mem,
    clock,
    bus: () => {
      const lines = (mem.log ?? []).map(({ type, address, size, hex }) => {
        const name = type.charAt(0).toUpperCase() + type.slice(1);
        return `${name} ${address.toString(16)}${hex === '' ? `/${size}` : ` ${hex}`}`;
      });
      mem.log = [];
      return lines;
    },
    updates: () => {
      const lines = updates;
      updates = [];
      return lines;
    },
  };
}
