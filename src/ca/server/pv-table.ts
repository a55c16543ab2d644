import {
  asScalar,
  canBeScalar,
  FanOut,
  type MaybePromise,
  type Peer,
  type PvSource,
  type ServedPv,
  type ServedScalarPv,
  type Snapshot,
  type SourceList,
} from '../../pv/index.ts';
import { type Deadlines, noStop, type Stop } from '../../util/index.ts';

/** A PV that has channels, as all circuits of the server share it. */
export interface PvEntry {
  /** What the source gave: the identity. */
  readonly pv: ServedPv;
  /** What CA serves of it. */
  readonly scalar: ServedScalarPv;
  readonly fanOut: FanOut<Snapshot>;
  channelCount: number;
  linger: Stop;
  /** The latest large reply to a read, for all that read the same state. */
  lastRead: EncodedRead | undefined;
}

/** A state as one DBR type and count. */
export interface EncodedRead {
  readonly snapshot: Snapshot;
  readonly dbrType: number;
  readonly count: number;
  readonly payload: Uint8Array;
}

/** A PV and the source that it came from. */
export interface OpenedPv {
  readonly entry: PvEntry;
  readonly source: PvSource;
}

/** The PVs of a server that have channels, by identity. */
export class PvTable {
  readonly #sources: SourceList;
  readonly #deadlines: Deadlines;
  readonly #lingerMs: number;
  readonly #onFault: (error: unknown) => void;
  readonly #entries: Map<ServedPv, MaybePromise<PvEntry | undefined>>;

  constructor(
    sources: SourceList,
    deadlines: Deadlines,
    lingerMs: number,
    onFault: (error: unknown) => void,
  ) {
    this.#sources = sources;
    this.#deadlines = deadlines;
    this.#lingerMs = lingerMs;
    this.#onFault = onFault;
    this.#entries = new Map();
  }

  /** Number of PVs with channels. */
  get size(): number {
    return this.#entries.size;
  }

  /** Opens a PV for one channel; to be given back by `release`. Undefined when no source has it for CA. */
  open(name: string, peer: Peer): MaybePromise<OpenedPv | undefined> {
    const resolved = this.#sources.resolve(name, peer);
    if (resolved instanceof Promise) {
      return resolved.then((found) =>
        found === undefined ? undefined : this.#enter(found.pv, found.source),
      );
    }
    return resolved === undefined ? undefined : this.#enter(resolved.pv, resolved.source);
  }

  release(entry: PvEntry): void {
    entry.channelCount--;
    if (entry.channelCount > 0) return;
    if (this.#lingerMs === 0) {
      this.#drop(entry);
      return;
    }
    entry.linger = this.#deadlines.after(this.#lingerMs, () => {
      if (entry.channelCount === 0) this.#drop(entry);
    });
  }

  /** The PV is closed: a later `open` must not meet this entry. */
  forget(entry: PvEntry): void {
    if (this.#entries.get(entry.pv) === entry) this.#entries.delete(entry.pv);
  }

  #enter(pv: ServedPv, source: PvSource): MaybePromise<OpenedPv | undefined> {
    const entry = this.#entryOf(pv);
    if (entry instanceof Promise) {
      return entry.then((made) => (made === undefined ? undefined : this.#take(made, source)));
    }
    return entry === undefined ? undefined : this.#take(entry, source);
  }

  #take(entry: PvEntry, source: PvSource): OpenedPv {
    entry.linger();
    entry.linger = noStop;
    entry.channelCount++;
    // It may have been dropped between its making and this channel.
    if (!this.#entries.has(entry.pv)) this.#entries.set(entry.pv, entry);
    return { entry, source };
  }

  #entryOf(pv: ServedPv): MaybePromise<PvEntry | undefined> {
    const known = this.#entries.get(pv);
    if (known !== undefined) return known;
    if (!canBeScalar(pv.type)) return undefined;
    const scalar = asScalar(pv);
    if (!(scalar instanceof Promise)) return scalar === undefined ? undefined : this.#add(pv, scalar);
    const pending = scalar.then(
      (made) => {
        this.#entries.delete(pv);
        return made === undefined ? undefined : this.#add(pv, made);
      },
      (error: unknown) => {
        this.#entries.delete(pv);
        throw error;
      },
    );
    this.#entries.set(pv, pending);
    return pending;
  }

  #add(pv: ServedPv, scalar: ServedScalarPv): PvEntry {
    const entry: PvEntry = {
      pv,
      scalar,
      fanOut: new FanOut<Snapshot>(scalar, { onFault: this.#onFault }),
      channelCount: 0,
      linger: noStop,
      lastRead: undefined,
    };
    this.#entries.set(pv, entry);
    return entry;
  }

  #drop(entry: PvEntry): void {
    this.forget(entry);
    entry.fanOut.close();
  }
}
