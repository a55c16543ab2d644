import {
  emptyMetadata,
  errorToEca,
  isArrayValue,
  makeSnapshot,
  noAlarm,
  ReadOperation,
  type Snapshot,
  undefinedTime,
} from '../../pv/index.ts';
import { errorText, Ring } from '../../util/index.ts';
import {
  type CaCircuit,
  CMD_READ,
  copyHeader,
  currentCount,
  DBR_CLASS_NAME,
  DBR_PUT_ACKS,
  DBR_PUT_ACKT,
  ECA_16KARRAYCLIENT,
  ECA_BADCHID,
  ECA_BADCOUNT,
  ECA_BADTYPE,
  ECA_GETFAIL,
  ECA_NORDACCESS,
  ECA_NORMAL,
  ECA_TOLARGE,
  encodeDbr,
  isDbrType,
  type MessageHeader,
} from '../core/index.ts';
import type { ServedChannel } from './served-channel.ts';
import { emptyPayload } from './subscription.ts';

/** What reads need of their circuit. */
export interface ReadHost {
  readonly circuit: CaCircuit;
  readonly maxMessageBytes: number;
  /** Something was written. */
  touch(): void;
  /** One more (or less) operation is under way. */
  pending(change: number): void;
  message(channel: ServedChannel, level: 'info' | 'warning' | 'error', text: string): void;
}

/** A read that the client asked for. */
interface ReadRequest {
  readonly channel: ServedChannel;
  readonly ioid: number;
  readonly dbrType: number;
  readonly count: number;
  /** Header of a deprecated READ, which is answered by ERROR when it fails; undefined for READ_NOTIFY. */
  readonly header: MessageHeader | undefined;
}

/** A deprecated READ in the order of the circuit; `answer` is set once it may go out. */
interface OrderedRead {
  answer: (() => void) | undefined;
}

const classSnapshot: Snapshot = makeSnapshot('', noAlarm, undefinedTime, emptyMetadata);

/** Whether a read of `count` elements of `dbrType` is possible: ECA_NORMAL or why not. */
export function checkRead(channel: ServedChannel, dbrType: number, count: number): number {
  if (!isDbrType(dbrType)) return ECA_BADTYPE;
  if (dbrType === DBR_PUT_ACKT || dbrType === DBR_PUT_ACKS) return ECA_GETFAIL;
  if (count > channel.pv.type.caCount) return ECA_BADCOUNT;
  return ECA_NORMAL;
}

/** Answers READ and READ_NOTIFY of one circuit. */
export class Reads {
  readonly #host: ReadHost;
  /** Replies to READ leave in the order of the requests, even when a PV takes its time. */
  readonly #ordered: Ring<OrderedRead>;

  constructor(host: ReadHost) {
    this.#host = host;
    this.#ordered = new Ring(2);
  }

  /** Serves the message being delivered. `channel` undefined: the id is unknown. */
  request(
    channel: ServedChannel | undefined,
    command: number,
    ioid: number,
    dbrType: number,
    count: number,
  ): void {
    const { circuit } = this.#host;
    if (channel === undefined) {
      if (command === CMD_READ) circuit.error(0xffff_ffff, ECA_BADCHID, circuit.header, 'no such channel');
      else circuit.readNotifyReply(ioid, dbrType, 0, ECA_BADCHID, emptyPayload(0xffff, 0));
      this.#host.touch();
      return;
    }
    const header = command === CMD_READ ? copyHeader(circuit.header) : undefined;
    const request: ReadRequest = { channel, ioid, dbrType, count, header };
    const status = checkRead(channel, dbrType, count);
    if (status !== ECA_NORMAL) {
      this.#refuse(request, status, 'bad type or count', 0);
    } else if (!channel.canRead) {
      this.#refuse(request, ECA_NORDACCESS, '', count);
    } else this.#read(request);
  }

  #read(request: ReadRequest): void {
    const { channel } = request;
    if (request.dbrType === DBR_CLASS_NAME) {
      this.#deliver(request, classSnapshot);
      return;
    }
    const operation = new ReadOperation('get', channel.peer, undefined, (level, text) =>
      this.#host.message(channel, level, text),
    );
    let data: Snapshot | Promise<Snapshot>;
    try {
      data = channel.pv.read(operation);
    } catch (error) {
      this.#fail(request, error);
      return;
    }
    if (!(data instanceof Promise)) {
      this.#deliver(request, data);
      return;
    }
    const turn = request.header === undefined ? undefined : this.#takeTurn();
    channel.operations.add(operation);
    this.#host.pending(1);
    const settle = (answer: () => void): void => {
      this.#host.pending(-1);
      channel.operations.delete(operation);
      const send = (): void => {
        if (!channel.isClosed) answer();
      };
      if (turn === undefined) send();
      else this.#answer(turn, send);
    };
    data.then(
      (snapshot) => settle(() => this.#write(request, snapshot)),
      (error: unknown) => settle(() => this.#writeFailure(request, error)),
    );
  }

  #deliver(request: ReadRequest, snapshot: Snapshot): void {
    this.#inOrder(request, () => this.#write(request, snapshot));
  }

  #fail(request: ReadRequest, error: unknown): void {
    this.#inOrder(request, () => this.#writeFailure(request, error));
  }

  #refuse(request: ReadRequest, status: number, why: string, count: number): void {
    this.#inOrder(request, () => this.#writeStatus(request, status, why, count));
  }

  /** Answers now, or behind the READs before it. */
  #inOrder(request: ReadRequest, answer: () => void): void {
    if (request.header === undefined || this.#ordered.length === 0) answer();
    else this.#answer(this.#takeTurn(), answer);
  }

  #takeTurn(): OrderedRead {
    const turn: OrderedRead = { answer: undefined };
    this.#ordered.push(turn);
    return turn;
  }

  #answer(turn: OrderedRead, answer: () => void): void {
    turn.answer = answer;
    for (let first = this.#ordered.first(); first?.answer !== undefined; first = this.#ordered.first()) {
      this.#ordered.shift();
      first.answer();
    }
  }

  #write(request: ReadRequest, snapshot: Snapshot): void {
    const { channel, dbrType, ioid } = request;
    const { circuit } = this.#host;
    const count = request.count === 0 ? currentCount(snapshot, channel.pv.type, dbrType) : request.count;
    let payload: Uint8Array;
    try {
      payload = encodeRead(channel, snapshot, dbrType, count);
    } catch (error) {
      this.#writeFailure(request, error);
      return;
    }
    if (!circuit.canCarry(payload.length, count)) {
      this.#writeStatus(request, ECA_16KARRAYCLIENT, 'the client takes no more than 16 kB', 0);
    } else if (payload.length > this.#host.maxMessageBytes) {
      const header = request.header ?? this.#headerOf(request);
      circuit.error(
        channel.cid,
        ECA_TOLARGE,
        header,
        `${channel.name}: ${payload.length} bytes are too many`,
      );
    } else if (request.header === undefined)
      circuit.readNotifyReply(ioid, dbrType, count, ECA_NORMAL, payload);
    else circuit.readReply(channel.cid, ioid, dbrType, count, payload);
    this.#host.touch();
  }

  #writeFailure(request: ReadRequest, error: unknown): void {
    this.#writeStatus(request, errorToEca(error, 'read'), errorText(error), request.count);
  }

  #writeStatus(request: ReadRequest, status: number, why: string, count: number): void {
    const { channel, dbrType, ioid, header } = request;
    if (header === undefined) {
      this.#host.circuit.readNotifyReply(ioid, dbrType, request.count, status, emptyPayload(dbrType, count));
    } else {
      const text = why === '' ? channel.name : `${channel.name}: ${why}`;
      this.#host.circuit.error(channel.cid, status, header, text);
    }
    this.#host.touch();
  }

  /** The header of a READ_NOTIFY, for the one case where ERROR answers it. */
  #headerOf(request: ReadRequest): MessageHeader {
    const { channel, dbrType, count, ioid } = request;
    return {
      command: 15,
      payloadBytes: 0,
      dataType: dbrType,
      count,
      p1: channel.sid,
      p2: ioid,
      isExtended: count > 0xfffe,
    };
  }
}

/** Arrays of this many bytes are encoded once for all that read the same state. */
const SHARED_BYTES = 4096;

function encodeRead(channel: ServedChannel, snapshot: Snapshot, dbrType: number, count: number): Uint8Array {
  const { entry } = channel;
  const last = entry.lastRead;
  if (
    last !== undefined &&
    last.dbrType === dbrType &&
    last.count === count &&
    isSame(last.snapshot, snapshot)
  ) {
    return last.payload;
  }
  const payload = encodeDbr(channel.pv, snapshot, dbrType, count);
  if (payload.length >= SHARED_BYTES) entry.lastRead = { snapshot, dbrType, count, payload };
  return payload;
}

/** Whether two snapshots show the same state of an array: arrays are replaced, never changed. */
function isSame(a: Snapshot, b: Snapshot): boolean {
  if (a === b) return true;
  return (
    isArrayValue(a.value) &&
    a.value === b.value &&
    a.alarm === b.alarm &&
    a.meta === b.meta &&
    a.time.seconds === b.time.seconds &&
    a.time.nanoseconds === b.time.nanoseconds
  );
}
