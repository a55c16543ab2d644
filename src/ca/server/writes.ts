import {
  errorToEca,
  type MaybePromise,
  type ScalarWrite,
  type Severity,
  WriteOperation,
} from '../../pv/index.ts';
import {
  type BytesReader,
  errorText,
  FieldError,
  ProtocolError,
  type TraceChannel,
} from '../../util/index.ts';
import {
  type CaCircuit,
  CMD_WRITE,
  copyHeader,
  DBR_PUT_ACKS,
  DBR_PUT_ACKT,
  DBR_STRING,
  DbrFamily,
  dbrBytes,
  dbrFamily,
  decodeWrite,
  ECA_BADCHID,
  ECA_BADCOUNT,
  ECA_BADTYPE,
  ECA_NORMAL,
  ECA_NOWTACCESS,
  ECA_PUTFAIL,
  isDbrType,
  type MessageHeader,
} from '../core/index.ts';
import type { ServedChannel } from './served-channel.ts';

/** What writes need of their circuit. */
export interface WriteHost {
  readonly circuit: CaCircuit;
  readonly putTrace: TraceChannel;
  /** Something was written. */
  touch(): void;
  /** One more (or less) operation is under way. */
  pending(change: number): void;
  message(channel: ServedChannel, level: 'info' | 'warning' | 'error', text: string): void;
  /** A handler failed with something that is no error of this package: a fault of the PV's code. */
  onFault(channel: ServedChannel, error: unknown): void;
}

/** Whether the types and counts of a write fit the channel: ECA_NORMAL or why not. */
function checkWrite(channel: ServedChannel, dbrType: number, count: number, payloadBytes: number): number {
  if (!isDbrType(dbrType)) return ECA_BADTYPE;
  const isAck = dbrType === DBR_PUT_ACKT || dbrType === DBR_PUT_ACKS;
  if (!isAck && dbrFamily(dbrType) !== DbrFamily.Plain) return ECA_BADTYPE;
  const { type } = channel.pv;
  const isList = type.isArray || type.caText;
  if (isAck ? count !== 1 : count > type.caCount || (count === 0 && !isList)) return ECA_BADCOUNT;
  // A single text comes with its length only.
  const needed = dbrType === DBR_STRING && count === 1 ? 1 : dbrBytes(dbrType, count);
  return needed > payloadBytes ? ECA_BADCOUNT : ECA_NORMAL;
}

/** Serves WRITE and WRITE_NOTIFY of one circuit. Writes start in the order they arrive. */
export class Writes {
  readonly #host: WriteHost;

  constructor(host: WriteHost) {
    this.#host = host;
  }

  /** Serves the message being delivered. `channel` undefined: the id is unknown. */
  request(
    channel: ServedChannel | undefined,
    command: number,
    dbrType: number,
    count: number,
    payload: BytesReader,
  ): void {
    const { circuit } = this.#host;
    const { header } = circuit;
    if (channel === undefined) {
      if (command === CMD_WRITE) circuit.error(header.p2, ECA_BADCHID, header, 'no such channel');
      else circuit.writeNotifyReply(header.p2, dbrType, count, ECA_BADCHID);
      this.#host.touch();
      return;
    }
    const status = checkWrite(channel, dbrType, count, payload.remaining);
    if (status !== ECA_NORMAL) this.#refuse(channel, header, status, 'bad type or count');
    else if (!channel.canWrite) this.#refuse(channel, header, ECA_NOWTACCESS, '');
    else this.#write(channel, header, dbrType, count, payload);
  }

  #write(
    channel: ServedChannel,
    header: Readonly<MessageHeader>,
    dbrType: number,
    count: number,
    payload: BytesReader,
  ): void {
    const operation = new WriteOperation(
      channel.peer,
      header.command !== CMD_WRITE,
      'passive',
      undefined,
      (level, text) => this.#host.message(channel, level, text),
    );
    let done: MaybePromise<void>;
    try {
      done = this.#start(channel, operation, dbrType, count, payload);
    } catch (error) {
      this.#refuseError(channel, header, error);
      return;
    }
    if (!(done instanceof Promise)) {
      this.#succeed(header);
      return;
    }
    const kept = copyHeader(header);
    channel.operations.add(operation);
    this.#host.pending(1);
    const settle = (answer: () => void): void => {
      this.#host.pending(-1);
      channel.operations.delete(operation);
      if (!channel.isClosed) answer();
    };
    done.then(
      () => settle(() => this.#succeed(kept)),
      (error: unknown) => settle(() => this.#refuseError(channel, kept, error)),
    );
  }

  #start(
    channel: ServedChannel,
    operation: WriteOperation,
    dbrType: number,
    count: number,
    payload: BytesReader,
  ): MaybePromise<void> {
    const { pv } = channel;
    if (dbrType === DBR_PUT_ACKT || dbrType === DBR_PUT_ACKS) {
      const value = payload.u16();
      const what =
        dbrType === DBR_PUT_ACKT ? { transient: value !== 0 } : { severity: Math.min(value, 3) as Severity };
      if (pv.acknowledge === undefined) throw new FieldError('alarms cannot be acknowledged here', 'ACKS');
      return pv.acknowledge(what, operation);
    }
    const write = decodeWrite(payload, dbrType, count, pv.type);
    this.#trace(channel, write);
    return pv.write?.(write, operation);
  }

  #trace(channel: ServedChannel, write: ScalarWrite): void {
    const { putTrace } = this.#host;
    if (!putTrace.hasSubscribers) return;
    putTrace.publish({ protocol: 'ca', pv: channel.name, peer: channel.peer, value: write.value });
  }

  #succeed(header: Readonly<MessageHeader>): void {
    if (header.command === CMD_WRITE) return;
    this.#host.circuit.writeNotifyReply(header.p2, header.dataType, header.count, ECA_NORMAL);
    this.#host.touch();
  }

  #refuseError(channel: ServedChannel, header: Readonly<MessageHeader>, error: unknown): void {
    if (error instanceof ProtocolError) {
      this.#refuse(channel, header, ECA_BADCOUNT, errorText(error));
      return;
    }
    const status = errorToEca(error, 'write');
    if (status === ECA_PUTFAIL) this.#host.onFault(channel, error);
    this.#refuse(channel, header, status, errorText(error));
  }

  /** Exactly one answer: the status in a WRITE_NOTIFY reply, ERROR for a WRITE. */
  #refuse(channel: ServedChannel, header: Readonly<MessageHeader>, status: number, why: string): void {
    const { circuit } = this.#host;
    if (header.command === CMD_WRITE) {
      circuit.error(channel.cid, status, header, why === '' ? channel.name : `${channel.name}: ${why}`);
    } else {
      circuit.writeNotifyReply(header.p2, header.dataType, header.count, status);
    }
    this.#host.touch();
  }
}
