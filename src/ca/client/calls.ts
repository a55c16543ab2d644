import { type Metadata, type PvType, Rights, type Snapshot } from '../../pv/index.ts';
import { AccessError, type BytesReader, LimitError, TypeMismatchError } from '../../util/index.ts';
import {
  type DbrData,
  type DbrEncoding,
  dbrName,
  decodeDbr,
  decodeSnapshot,
  HEADER_BYTES,
  isDbrType,
  isEcaSuccess,
} from '../core/index.ts';
import type { ClientCircuit } from './circuit.ts';
import { makeStatusError, Operation, type OperationChannel } from './operation.ts';
import {
  type EncodedPut,
  encodePut,
  type NativeInfo,
  type PutValue,
  planRead,
  type ReadPlan,
  type ValueForm,
} from './value-request.ts';

/** What reads and writes need of their channel. */
export interface DataChannel extends OperationChannel {
  /** Valid while connected. */
  readonly native: NativeInfo;
  readonly sid: number;
  readonly cid: number;
  readonly rights: Rights;
  readonly meta: Metadata;
  readonly isSigned: boolean;
  readonly encoding: DbrEncoding;
  readonly type: PvType | undefined;
  /** Puts that wait for their echo, oldest first. */
  readonly unconfirmed: ConfirmedPut[];
  bytesIn: number;
  bytesOut: number;
}

/** Count to ask for: 0 is the current length, which servers before 4.13 do not know. */
export function requestCount(circuit: ClientCircuit, native: NativeInfo, wanted: number): number {
  if (wanted > 0) return wanted;
  return circuit.minor >= 13 ? 0 : native.count;
}

function checkReadable(channel: DataChannel, verb: string): void {
  if ((channel.rights & Rights.Read) === 0) {
    throw new AccessError(`${verb} "${channel.name}" failed: no read access (ECA_NORDACCESS)`, 'read', {
      pvName: channel.name,
    });
  }
}

/** Waits until the channel is connected. */
export class ReadyCall extends Operation<PvType> {
  readonly #data: DataChannel;

  constructor(channel: DataChannel) {
    super(channel, 'connecting to');
    this.#data = channel;
  }

  protected override send(): void {
    this.finish(this.#data.type as PvType);
  }
}

/** READ_NOTIFY whose reply becomes a Snapshot. */
export class GetCall extends Operation<Snapshot> {
  readonly #data: DataChannel;
  readonly #form: ValueForm;
  readonly #count: number;
  #plan: ReadPlan | undefined;

  /** @param count elements at most, 0: all. */
  constructor(channel: DataChannel, form: ValueForm, count: number) {
    super(channel, 'get');
    this.#data = channel;
    this.#form = form;
    this.#count = count;
  }

  protected override send(circuit: ClientCircuit): void {
    const channel = this.#data;
    checkReadable(channel, this.verb);
    this.#plan = planRead(channel.native, this.#form, channel.isSigned);
    const count = requestCount(circuit, channel.native, this.#count);
    circuit.core.readNotify(channel.sid, this.register(circuit), this.#plan.dbrType, count);
    channel.bytesOut += HEADER_BYTES;
    circuit.markDirty();
  }

  override onReadReply(dbrType: number, count: number, status: number, payload: BytesReader): void {
    this.#data.bytesIn += HEADER_BYTES + payload.remaining;
    const plan = this.#plan;
    if (plan === undefined || !this.isSuccess(status)) return;
    this.finishWith(() => {
      if (dbrType !== plan.dbrType) {
        throw new TypeMismatchError(
          `get "${this.channel.name}" failed: asked for ${dbrName(plan.dbrType)}, got ${dbrName(dbrType)}`,
        );
      }
      return decodeSnapshot(payload, dbrType, count, plan.type, this.#data.meta, this.#data.encoding);
    });
  }
}

/** READ_NOTIFY of any DBR type, decoded as it is. */
export class ReadCall extends Operation<DbrData> {
  readonly #data: DataChannel;
  readonly #dbrType: number | undefined;
  readonly #count: number;

  /** @param dbrType undefined: TIME of the native type. @param count elements at most, 0: all. */
  constructor(channel: DataChannel, dbrType: number | undefined, count: number) {
    super(channel, 'read');
    this.#data = channel;
    this.#dbrType = dbrType;
    this.#count = count;
  }

  protected override send(circuit: ClientCircuit): void {
    const channel = this.#data;
    checkReadable(channel, this.verb);
    const dbrType = this.#dbrType ?? planRead(channel.native, 'native', false).dbrType;
    const count = requestCount(circuit, channel.native, this.#count);
    circuit.core.readNotify(channel.sid, this.register(circuit), dbrType, count);
    channel.bytesOut += HEADER_BYTES;
    circuit.markDirty();
  }

  override onReadReply(dbrType: number, count: number, status: number, payload: BytesReader): void {
    this.#data.bytesIn += HEADER_BYTES + payload.remaining;
    if (!this.isSuccess(status)) return;
    this.finishWith(() => {
      if (!isDbrType(dbrType)) {
        throw new TypeMismatchError(
          `read "${this.channel.name}" failed: ${dbrName(dbrType)} is no type that can be read`,
        );
      }
      return decodeDbr(payload, dbrType, count, this.#data.encoding);
    });
  }
}

/** What a put is made of: a value, or bytes of a given type. */
export type PutSource = { readonly value: PutValue } | { readonly encoded: EncodedPut };

/** Checks of every put, and its bytes. */
abstract class PutCall extends Operation<void> {
  protected readonly data: DataChannel;
  readonly #source: PutSource;

  constructor(channel: DataChannel, source: PutSource) {
    super(channel, 'put');
    this.data = channel;
    this.#source = source;
  }

  protected encode(circuit: ClientCircuit): EncodedPut {
    const channel = this.data;
    const about = { pvName: channel.name };
    const failed = `put "${channel.name}" failed`;
    if ((channel.rights & Rights.Write) === 0) {
      throw new AccessError(`${failed}: no write access (ECA_NOWTACCESS)`, 'write', about);
    }
    const put =
      'encoded' in this.#source
        ? this.#source.encoded
        : encodePut(channel.native, this.#source.value, channel.encoding, `${failed}: `);
    const bytes = put.payload.length;
    const limit = channel.context.config.maxMessageBytes;
    if (bytes > limit) {
      throw new LimitError(
        `${failed}: ${bytes} bytes exceed the limit of ${limit} (ECA_TOLARGE); see EPICS_CA_MAX_ARRAY_BYTES`,
        about,
      );
    }
    if (circuit.queuedBytes + bytes > 2 * limit) {
      throw new LimitError(
        `${failed}: ${circuit.queuedBytes} bytes wait for ${circuit.name} already; wait for puts before making more`,
        about,
      );
    }
    if (!circuit.core.canCarry(bytes, put.count)) {
      throw new LimitError(
        `${failed}: ${bytes} bytes are too much for a server of version 4.${circuit.minor}`,
        about,
      );
    }
    if (put.count === 0 && circuit.minor < 13) {
      throw new TypeMismatchError(
        `${failed}: a server of version 4.${circuit.minor} takes no empty array (ECA_BADCOUNT)`,
        about,
      );
    }
    channel.bytesOut += HEADER_BYTES + bytes;
    return put;
  }
}

/** WRITE: done when it has been handed to the socket. */
export class PlainPut extends PutCall {
  #isSent = false;

  protected override send(circuit: ClientCircuit): void {
    const { dbrType, count, payload } = this.encode(circuit);
    circuit.core.write(this.data.sid, this.data.cid, dbrType, count, payload);
    this.#isSent = true;
    circuit.afterFlush((lost) => {
      if (lost === undefined) this.finish();
      else this.onLost(lost);
    });
  }

  override cancel(): void {
    // What was sent before the channel was closed still arrives.
    if (!this.#isSent) super.cancel();
  }
}

/** WRITE followed by ECHO: done when the echo is there, failed when an ERROR came before it. */
export class ConfirmedPut extends PutCall {
  protected override send(circuit: ClientCircuit): void {
    const { dbrType, count, payload } = this.encode(circuit);
    const { unconfirmed } = this.data;
    circuit.core.write(this.data.sid, this.data.cid, dbrType, count, payload);
    unconfirmed.push(this);
    // The id serves only to hear of a lost circuit.
    this.register(circuit);
    circuit.echo(() => {
      this.#forget();
      this.finish();
    });
  }

  /** The server reported an error about a WRITE of this channel. */
  refuse(eca: number, text: string): void {
    this.#forget();
    this.fail(makeStatusError('put', this.data.name, eca, text));
  }

  override onLost(reason: Error): void {
    this.#forget();
    super.onLost(reason);
  }

  #forget(): void {
    const { unconfirmed } = this.data;
    const index = unconfirmed.indexOf(this);
    if (index >= 0) unconfirmed.splice(index, 1);
  }
}

/** WRITE_NOTIFY: done when the server has completed the put. */
export class WaitingPut extends PutCall {
  protected override send(circuit: ClientCircuit): void {
    const { dbrType, count, payload } = this.encode(circuit);
    circuit.core.writeNotify(this.data.sid, this.register(circuit), dbrType, count, payload);
    circuit.markDirty();
  }

  override onWriteReply(status: number): void {
    if (status === 1 || isEcaSuccess(status)) this.finish();
    else this.failWith(status);
  }
}
