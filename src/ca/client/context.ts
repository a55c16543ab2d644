import type { Network } from '../../net/index.ts';
import type { BlockPool, Clock, Deadlines, Logger } from '../../util/index.ts';
import type { CaClientConfig } from './config.ts';
import type { ProcessKeeper } from './process-keeper.ts';

/** Counters of a client. */
export interface ClientCounters {
  bytesIn: number;
  bytesOut: number;
  messagesIn: number;
  messagesOut: number;
  /** Circuits that came up. */
  connects: number;
  /** Circuits that were lost. */
  disconnects: number;
  /** Replies and updates for ids that nobody waits for. */
  strays: number;
  updates: number;
}

/** What the parts of one client share. */
export interface ClientContext {
  readonly config: CaClientConfig;
  readonly network: Network;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly log: Logger;
  readonly blocks: BlockPool;
  readonly keeper: ProcessKeeper;
  readonly counters: ClientCounters;
  /** Tells the application of an error that no call is waiting for. */
  reportError(error: Error): void;
}

/** Makes counters of zeros. */
export function makeCounters(): ClientCounters {
  return {
    bytesIn: 0,
    bytesOut: 0,
    messagesIn: 0,
    messagesOut: 0,
    connects: 0,
    disconnects: 0,
    strays: 0,
    updates: 0,
  };
}
