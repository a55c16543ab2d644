/** What a transaction does: a post is a write that nobody answers, a verify a read that is compared. */
export type TransactionType = 'read' | 'write' | 'post' | 'verify';

/** One access to memory. */
export interface Transaction {
  /** Counts up per bus. */
  readonly id: number;
  readonly type: TransactionType;
  /** Byte address in the space of the slave. */
  readonly address: bigint;
  /** Bytes to write, or the place for the bytes read. Lent until the promise of `transact` settles. */
  readonly data: Uint8Array;
}

/** Access to registers: an emulator, a bridge to another process, a link to hardware. */
export interface MemorySlave {
  /** Smallest access and alignment, in bytes. */
  readonly min: number;
  /** Largest access in bytes; longer transactions come in pieces. */
  readonly max: number;
  /** Name for messages. */
  readonly name?: string;
  /** Performs one access. Rejection fails it; an answer after the time-out is ignored. */
  transact(transaction: Transaction): Promise<void>;
}

/** A slave that nothing is connected to: every access fails. */
export const unconnectedSlave: MemorySlave = {
  min: 4,
  max: 0xffffffff,
  name: 'Unconnected',
  transact: () => Promise.reject(new Error('Unsupported transaction using unconnected memory bus')),
};
