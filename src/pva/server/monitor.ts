import { type FanOutSubscriber, type SharedUpdate, UpdateQueue } from '../../pv/index.ts';
import { encodeMasked, type Value, writeBitSet } from '../../pvdata/index.ts';
import { type BitSet, BORROW_BYTES, noStop, type Stop } from '../../util/index.ts';
import {
  CMD_MONITOR,
  errorStatus,
  okStatus,
  readMonitorRequest,
  type Status,
  SUB_DESTROY,
  SUB_GET,
  SUB_START_STOP,
} from '../core/index.ts';
import { Selection, ServerOperation, statusOf } from './operation.ts';
import type { ServedChannel } from './served-channel.ts';
import type { UpdateWriter } from './update-writer.ts';

// A window is an unsigned 32-bit number on the wire, and stays one.
const MAX_WINDOW = 0xffffffff;

/** Counters of one subscription. */
export interface MonitorStats {
  readonly sent: number;
  /** Updates that were merged into another one because the queue was full. */
  readonly merged: number;
  readonly queued: number;
  readonly maxQueued: number;
  readonly queueSize: number;
  /** Places that the client has announced; Infinity without pipeline. */
  readonly window: number;
}

/** MONITOR: one subscriber of the PV's fan-out, with its queue and its window. */
export class MonitorOperation extends ServerOperation implements FanOutSubscriber<Value> {
  readonly #firstWindow: number;
  /** Made once: a closure for each update and subscriber would cost more than the copy of the bytes. */
  readonly #encode: (update: SharedUpdate<Value>) => readonly Uint8Array[];
  #queue: UpdateQueue<Value> | undefined;
  #selection: Selection | undefined;
  #key = '';
  #isPipeline = false;
  #mask = 0;
  #window = Number.POSITIVE_INFINITY;
  #isRunning = false;
  #isSubscribed = false;
  #isFirst = true;
  #unsubscribe: Stop = noStop;
  #finish: Status | undefined;
  #sent = 0;
  /** In the session's list of monitors that wait for the socket. */
  isWaiting = false;

  /** @param firstWindow places announced with INIT, -1 when none were. */
  constructor(channel: ServedChannel, ioid: number, pvRequest: Value | null, firstWindow: number) {
    super(channel, CMD_MONITOR, ioid, pvRequest);
    this.#firstWindow = firstWindow;
    this.#encode = (update) => encodeUpdate(update, this.#selection as Selection, this.session.scratch);
  }

  override begin(): void {
    const pv = this.channel.struct;
    if (pv === undefined) {
      this.refuse('Monitor operation not implemented by this PV');
      return;
    }
    if (!this.channel.canRead()) {
      this.refuse('No read access');
      return;
    }
    const request = readMonitorRequest(this.pvRequest, this.session.maxQueueSize);
    if (request.error !== undefined) {
      this.refuse(request.error);
      return;
    }
    const { desc } = pv.type;
    try {
      this.#selection = new Selection(desc, this.pvRequest);
    } catch (error) {
      this.refuse(statusOf(error).message);
      return;
    }
    this.#queue = new UpdateQueue<Value>(request.queueSize, this.session.budget);
    this.#key = (this.session.connection.out.littleEndian ? 'L' : 'B') + this.#selection.key;
    this.#isPipeline = request.isPipeline;
    this.#mask = request.mask;
    if (request.isPipeline) this.#window = Math.max(0, this.#firstWindow);
    this.isReady = true;
    if (request.warning !== undefined) this.session.sendMessage(this.ioid, 'warning', request.warning);
    this.session.connection.initDone(CMD_MONITOR, this.ioid, desc);
    this.session.touch();
  }

  /** Start, stop, acknowledge, destroy; a message may be several at once, in this order. */
  execute(subcommand: number, freeCount: number): void {
    if (!this.isReady) {
      if ((subcommand & SUB_DESTROY) !== 0) this.destroy();
      else this.reply(SUB_DESTROY, errorStatus('the monitor is not initialized'));
      return;
    }
    if (freeCount > 0 && this.#isPipeline) this.#window = Math.min(MAX_WINDOW, this.#window + freeCount);
    if ((subcommand & SUB_START_STOP) !== 0) {
      this.#isRunning = (subcommand & SUB_GET) !== 0;
      if (this.#isRunning && !this.#isSubscribed) this.#subscribe();
    }
    if ((subcommand & SUB_DESTROY) !== 0) this.destroy();
    else if (this.#isRunning) this.drain();
  }

  override cancel(): void {
    this.#isRunning = false;
  }

  override destroy(): void {
    if (this.isEnded) return;
    this.#unsubscribe();
    this.#queue?.clear();
    super.destroy();
  }

  /** The client's rights changed. */
  onRights(): void {
    if (this.isReady && !this.isEnded && !this.channel.canRead()) {
      this.#queue?.clear();
      this.#end(errorStatus('No read access'));
    }
  }

  get stats(): MonitorStats {
    const queue = this.#queue;
    return {
      sent: this.#sent,
      merged: queue?.merged ?? 0,
      queued: queue?.length ?? 0,
      maxQueued: queue?.maxLength ?? 0,
      queueSize: queue?.limit ?? 0,
      window: this.#window,
    };
  }

  // ---- subscriber of the fan-out

  onUpdate(update: SharedUpdate<Value>): void {
    const queue = this.#queue;
    const selection = this.#selection;
    if (queue === undefined || selection === undefined || this.isEnded) return;
    if (!this.#isFirst && !selection.isWhole) {
      const { changed } = update;
      if (changed !== undefined && !selection.touches(changed)) return;
    }
    this.#isFirst = false;
    if (this.#isRunning && queue.length === 0 && this.#window > 0 && !this.session.isBlocked) {
      this.#send(update);
      return;
    }
    queue.push(update);
    if (this.#isRunning && this.#window > 0) this.session.wait(this);
  }

  onClose(reason?: Error): void {
    this.#unsubscribe = noStop;
    this.#end(reason === undefined ? okStatus : statusOf(reason));
  }

  onReadError(error: Error): void {
    this.message('error', error.message);
  }

  // ---- sending

  /** Whether an update waits that may be sent now. */
  get canSend(): boolean {
    return this.#isRunning && !this.isEnded && this.#window > 0 && (this.#queue?.length ?? 0) > 0;
  }

  /** Whether the oldest update that waits is a large one. */
  get isBulky(): boolean {
    return (this.#queue?.first()?.byteSize ?? 0) >= BORROW_BYTES;
  }

  /** Sends the oldest update that waits. */
  sendOne(): void {
    const update = this.#queue?.shift();
    if (update !== undefined) this.#send(update);
    this.#sendFinish();
  }

  /** Sends what waits, as far as window and socket allow. */
  drain(): void {
    while (this.canSend) {
      if (this.session.isBlocked) {
        this.session.wait(this);
        return;
      }
      this.sendOne();
    }
    this.#sendFinish();
  }

  #subscribe(): void {
    const { fanOut } = this.channel.entry;
    if (fanOut === undefined) return;
    this.#isSubscribed = true;
    const stop = fanOut.subscribe(this, {
      peer: this.session.peer,
      mask: this.#mask,
      pvRequest: this.pvRequest ?? undefined,
      message: this.message,
    });
    if (this.isEnded) stop();
    else this.#unsubscribe = stop;
  }

  #send(update: SharedUpdate<Value>): void {
    const { connection } = this.session;
    const before = connection.out.byteLength;
    try {
      // Bytes are worth keeping only when another subscriber may need them.
      if (this.channel.entry.fanOut?.subscriberCount === 1) {
        const selection = this.#selection as Selection;
        const overrun = update.overrun?.clone().and(selection.leaves);
        connection.monitorUpdate(this.ioid, update.data, wireMask(update, selection), overrun);
      } else connection.monitorEncoded(this.ioid, update.encoded(this.#key, this.#encode));
    } catch (error) {
      // What the PV posted does not fit its type.
      this.session.logFault(error, this.channel.name);
      this.#queue?.clear();
      this.#end(statusOf(error));
      return;
    }
    this.channel.bytesOut += connection.out.byteLength - before;
    this.#sent++;
    this.#window--;
    this.session.touch();
  }

  #end(status: Status): void {
    if (this.isEnded || this.#finish !== undefined) return;
    this.#finish = status;
    this.#sendFinish();
  }

  /** The end needs no window, but comes after everything that waits. */
  #sendFinish(): void {
    if (this.#finish === undefined || this.isEnded || (this.#queue?.length ?? 0) > 0) return;
    this.session.connection.monitorFinished(this.ioid, this.#finish);
    this.session.touch();
    this.destroy();
  }
}

/** An update as it goes out after the sub-command: changed mask, values, overrun mask. */
function encodeUpdate(
  update: SharedUpdate<Value>,
  selection: Selection,
  scratch: UpdateWriter,
): readonly Uint8Array[] {
  const { overrun } = update;
  try {
    encodeMasked(scratch, update.data, wireMask(update, selection));
    if (overrun === undefined) scratch.u8(0);
    else writeBitSet(scratch, overrun.clone().and(selection.leaves));
    return scratch.take();
  } catch (error) {
    scratch.clear();
    throw error;
  }
}

/** What the update carries of a selection; undefined: the marks of its data. */
function wireMask(update: SharedUpdate<Value>, selection: Selection): BitSet | undefined {
  if (selection.isWhole && update.marks === undefined) return undefined;
  return selection.of(update.changed ?? update.data.marks);
}
