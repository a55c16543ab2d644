import type { UpdateGroup } from './update-engine.ts';
import type { BaseVariable } from './variable.ts';

/** A value, now or later. */
export type MaybePromise<T> = T | Promise<T>;

/** How a variable may be accessed: read and write, read only, write only. */
export type Mode = 'RW' | 'RO' | 'WO';

/** Settings of a read. */
export interface GetOptions {
  /** Ask the hardware or the `localGet`; otherwise the value known. Default true. */
  readonly read?: boolean;
  /** Element of an array variable; -1 (default) = the whole value. */
  readonly index?: number;
  /** Wait for the answer. Default true. */
  readonly wait?: boolean;
}

/** Settings of a write. */
export interface SetOptions {
  /** Write to the hardware and notify; otherwise the value is only staged. Default true. */
  readonly write?: boolean;
  /** Element of an array variable; -1 (default) = the whole value. */
  readonly index?: number;
  /** Read back and compare, where the variable has it. Default true. */
  readonly verify?: boolean;
  /** Wait for the answer. Default true. */
  readonly wait?: boolean;
}

/** Which blocks an operation of a device covers, and how. */
export interface BlockOptions {
  /** Write also what is not staged. Default false. */
  readonly force?: boolean;
  /** Child devices too. Default true. */
  readonly recurse?: boolean;
  /** Only the block of this variable. */
  readonly variable?: BaseVariable;
  /** Wait after each transaction instead of issuing all first. */
  readonly waitEach?: boolean;
  /** Element of an array variable; -1 (default) = all. */
  readonly index?: number;
  /** Where updates are collected; default: the group of the caller. */
  readonly group?: UpdateGroup;
}
