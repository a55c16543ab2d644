import { bytesOf, setBits } from './bits.ts';
import type { Device } from './device.ts';
import { VariableError } from './errors.ts';
import type { MemoryBus } from './memory/bus.ts';
import { RemoteBlock } from './remote-block.ts';
import type { RemoteVariable } from './remote-variable.ts';

interface Placed {
  readonly variable: RemoteVariable<unknown>;
  /** Byte offset in the device, aligned to the smallest access. */
  readonly offset: number;
  /** Bytes from there, a multiple of the smallest access. */
  readonly size: number;
}

// A block is one transaction at most; larger means a wrong offset more likely than a large array.
const MAX_BLOCK_BYTES = 2 ** 28;

/**
 * Joins the variables of a device whose aligned bytes overlap into blocks, in order of address.
 *
 * @throws {VariableError} EPICS_CONVERT when two variables that may not share bits do.
 */
export function buildBlocks(
  device: Device,
  bus: MemoryBus,
  base: bigint,
  variables: readonly RemoteVariable<unknown>[],
): RemoteBlock[] {
  const min = bus.slave.min;
  const placed = variables.map((variable) => place(variable, min));
  placed.sort((a, b) => a.offset - b.offset || a.size - b.size);
  const blocks: RemoteBlock[] = [];
  let members: Placed[] = [];
  let end = 0;
  const close = (): void => {
    const first = members[0];
    if (first === undefined) return;
    blocks.push(makeBlock(device, bus, base, first.offset, end - first.offset, members));
    members = [];
  };
  for (const item of placed) {
    if (members.length > 0 && item.offset >= end) close();
    end = members.length === 0 ? item.offset + item.size : Math.max(end, item.offset + item.size);
    members.push(item);
  }
  close();
  return blocks;
}

function place(variable: RemoteVariable<unknown>, min: number): Placed {
  variable._moveRuns(0);
  const range = bytesOf(variable._runs(-1));
  // The byte offset counts even where the bits begin further on.
  const start = Math.min(variable.offset, range.low);
  const offset = start - (start % min);
  const size = Math.ceil((range.high - offset) / min) * min;
  if (size > MAX_BLOCK_BYTES) {
    throw new VariableError(`variable ${variable.path} spans ${size} bytes, limit ${MAX_BLOCK_BYTES}`, {
      path: variable.path,
    });
  }
  return { variable, offset, size };
}

function makeBlock(
  device: Device,
  bus: MemoryBus,
  base: bigint,
  offset: number,
  size: number,
  members: readonly Placed[],
): RemoteBlock {
  if (size > MAX_BLOCK_BYTES) {
    throw new VariableError(`block of ${device.path} spans ${size} bytes, limit ${MAX_BLOCK_BYTES}`, {
      path: device.path,
    });
  }
  for (const { variable } of members) variable._moveRuns(offset * 8);
  checkOverlap(device, size, members);
  const variables = members.map(({ variable }) => variable);
  const block = new RemoteBlock({ device, bus, address: base + BigInt(offset), size }, variables);
  for (const variable of variables) variable._bind(block);
  return block;
}

function checkOverlap(device: Device, size: number, members: readonly Placed[]): void {
  const exclusive = new Uint8Array(size);
  const shared = new Uint8Array(size);
  for (const { variable } of members) {
    const own = new Uint8Array(size);
    for (const { bit, count } of variable._runs(-1)) setBits(own, bit, count);
    for (let i = 0; i < size; i++) {
      const bits = own[i] ?? 0;
      if ((bits & (exclusive[i] ?? 0)) !== 0) {
        // An exclusive bit meets another exclusive one, or one that may be shared.
        fail(
          device,
          variable,
          variable.overlapEn ? 'Variable bit mask overlap detected' : 'Variable bit overlap detected',
        );
      }
      if (variable.overlapEn) {
        shared[i] = (shared[i] ?? 0) | bits;
      } else {
        if ((bits & (shared[i] ?? 0)) !== 0) fail(device, variable, 'Variable bit mask overlap detected');
        exclusive[i] = (exclusive[i] ?? 0) | bits;
      }
    }
  }
}

function fail(device: Device, variable: RemoteVariable<unknown>, text: string): never {
  throw new VariableError(`${text} for variable ${variable.name} of device ${device.path}`, {
    path: variable.path,
  });
}
