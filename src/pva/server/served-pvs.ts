import {
  asStruct,
  FanOut,
  type PvSource,
  type ServedPv,
  type ServedStructPv,
  type ServedUntypedPv,
} from '../../pv/index.ts';
import type { Value } from '../../pvdata/index.ts';
import { noStop, type Stop, toError } from '../../util/index.ts';
import type { ServedChannel } from './served-channel.ts';

/** What a server knows of one PV while channels use it. */
export class PvEntry {
  readonly pv: ServedPv;
  readonly source: PvSource;
  readonly channels: Set<ServedChannel>;
  /** The PV as a structure, once it has a type. */
  struct: ServedStructPv | undefined;
  fanOut: FanOut<Value> | undefined;
  /** Settles when the PV has its type; undefined when it has it, or never will. */
  opened: Promise<void> | undefined;
  openError: Error | undefined;
  stop: Stop;
  linger: Stop;

  constructor(pv: ServedPv, source: PvSource) {
    this.pv = pv;
    this.source = source;
    this.channels = new Set();
    this.struct = undefined;
    this.fanOut = undefined;
    this.opened = undefined;
    this.openError = undefined;
    this.stop = noStop;
    this.linger = noStop;
  }
}

/** What the table needs of its server. */
export interface ServedPvsHost {
  /** Calls `fn` later unless stopped; 0: at once. */
  readonly lingerMs: number;
  after(delayMs: number, fn: () => void): Stop;
  onFault(error: unknown, pvName: string): void;
}

/** The PVs that the channels of one server use, by identity: channels of one PV share its fan-out. */
export class ServedPvs {
  readonly #host: ServedPvsHost;
  readonly #entries: Map<ServedPv, PvEntry>;

  constructor(host: ServedPvsHost) {
    this.#host = host;
    this.#entries = new Map();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The entry of a PV that a channel opened; made at its first channel. */
  enter(pv: ServedPv, source: PvSource): PvEntry {
    let entry = this.#entries.get(pv);
    if (entry === undefined) {
      entry = new PvEntry(pv, source);
      this.#connect(entry);
      this.#entries.set(pv, entry);
    }
    entry.linger();
    entry.linger = noStop;
    return entry;
  }

  /** A channel is gone: the server lets go of the PV after its last one. */
  leave(entry: PvEntry, channel: ServedChannel): void {
    entry.channels.delete(channel);
    if (entry.channels.size > 0) return;
    if (this.#host.lingerMs > 0) {
      entry.linger = this.#host.after(this.#host.lingerMs, () => this.#drop(entry));
    } else this.#drop(entry);
  }

  /** Closes all channels of which `test` is true. */
  closeChannels(test: (channel: ServedChannel) => boolean): void {
    for (const entry of [...this.#entries.values()]) {
      for (const channel of [...entry.channels]) if (test(channel)) channel.session.closeChannel(channel);
    }
  }

  /** Calls into a PV whose faults must not reach others. */
  guard(pvName: string, fn: () => void): void {
    try {
      fn();
    } catch (error) {
      this.#host.onFault(error, pvName);
    }
  }

  /** Lets go of everything. */
  clear(): void {
    for (const entry of [...this.#entries.values()]) this.#drop(entry);
  }

  #connect(entry: PvEntry): void {
    const { pv } = entry;
    const stops: Stop[] = [pv.onClose(() => this.#onClose(entry))];
    if (pv.onRightsChange !== undefined) {
      stops.push(
        pv.onRightsChange(() => {
          for (const channel of [...entry.channels]) channel.session.updateRights(channel);
        }),
      );
    }
    entry.stop = () => {
      for (const stop of stops) stop();
    };
    this.#type(entry, asStruct(pv));
  }

  #type(entry: PvEntry, struct: ServedStructPv | ServedUntypedPv): void {
    if (struct.type !== undefined) {
      entry.struct = struct;
      entry.fanOut = new FanOut<Value>(struct, {
        onFault: (error) => this.#host.onFault(error, entry.pv.name),
      });
      return;
    }
    if (struct.opened === undefined) return;
    entry.opened = struct.opened.then(
      (typed) => {
        entry.opened = undefined;
        if (entry.stop !== noStop) this.#type(entry, asStruct(typed));
      },
      (error: unknown) => {
        entry.opened = undefined;
        entry.openError = toError(error);
      },
    );
  }

  #onClose(entry: PvEntry): void {
    // Forgotten first: a client that comes back at once must find the PV as it is then.
    this.#drop(entry);
    for (const channel of [...entry.channels]) channel.session.closeChannel(channel);
  }

  #drop(entry: PvEntry): void {
    if (this.#entries.get(entry.pv) !== entry) return;
    this.#entries.delete(entry.pv);
    entry.linger();
    const { stop } = entry;
    entry.stop = noStop;
    this.guard(entry.pv.name, stop);
  }
}
