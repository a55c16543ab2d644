import type { BytesReader } from '../../util/index.ts';
import type { MessageHeader } from '../core/index.ts';

/** A channel as its circuit sees it. */
export interface CircuitChannel {
  readonly cid: number;
  readonly name: string;
  onRights(rights: number): void;
  onCreated(sid: number, dbrType: number, count: number): void;
  onCreateFailed(): void;
  /** The server let go of the PV. */
  onServerDisconnect(): void;
  /** The circuit is gone. @param wasOpen it had come up before. */
  onCircuitLost(reason: Error, wasOpen: boolean): void;
  onUnresponsive(reason: Error): void;
  onResponsive(): void;
  /** The server reported an error about this channel that belongs to no pending operation. */
  onChannelError(eca: number, request: Readonly<MessageHeader>, text: string): void;
}

/** Something that waits for messages with its id: a read, a write, a subscription. */
export interface CircuitOperation {
  onReadReply(dbrType: number, count: number, status: number, payload: BytesReader): void;
  onUpdate(dbrType: number, count: number, status: number, payload: BytesReader): void;
  onWriteReply(status: number): void;
  /** The server answered with ERROR. */
  onOperationError(eca: number, text: string): void;
  /** The circuit is gone, or does not answer any more; the id is not valid any more. */
  onLost(reason: Error): void;
}
