import { type Operation, type Peer, type PvSource, Rights, type ServedScalarPv } from '../../pv/index.ts';
import { once, type Stop } from '../../util/index.ts';
import type { PvEntry } from './pv-table.ts';
import type { Subscription } from './subscription.ts';

/** One channel of a circuit: a server id, a PV and what the client may do with it. */
export class ServedChannel {
  readonly sid: number;
  /** The client's id. */
  readonly cid: number;
  readonly name: string;
  readonly entry: PvEntry;
  readonly source: PvSource;
  readonly peer: Peer;
  /** Has the circuit let go of the channel. */
  readonly onGone: () => void;
  readonly subscriptions: Map<number, Subscription>;
  /** Reads and writes under way. */
  readonly operations: Set<Operation>;
  rights: Rights;
  isClosed: boolean;
  #stops: Stop[];

  constructor(
    sid: number,
    cid: number,
    name: string,
    entry: PvEntry,
    source: PvSource,
    peer: Peer,
    onGone: (channel: ServedChannel) => void,
  ) {
    this.sid = sid;
    this.cid = cid;
    this.name = name;
    this.entry = entry;
    this.source = source;
    this.peer = peer;
    this.onGone = () => onGone(this);
    this.subscriptions = new Map();
    this.operations = new Set();
    this.rights = Rights.None;
    this.isClosed = false;
    this.#stops = [];
    this.rights = this.askRights();
  }

  get pv(): ServedScalarPv {
    return this.entry.scalar;
  }
  get canRead(): boolean {
    return (this.rights & Rights.Read) !== 0;
  }
  get canWrite(): boolean {
    return (this.rights & Rights.Write) !== 0;
  }

  /** What the PV grants now, in CA's two bits. */
  askRights(): Rights {
    const granted = this.pv.rights(this.peer) & Rights.ReadWrite;
    return this.pv.write === undefined ? granted & Rights.Read : granted;
  }

  /** Attaches to the PV. The callbacks may run before this returns. */
  attach(onRights: () => void, onClose: (reason?: Error) => void): void {
    this.#stops.push(this.pv.onClose(onClose));
    const stopRights = this.pv.onRightsChange?.(onRights);
    if (stopRights !== undefined) this.#stops.push(stopRights);
    const detach = this.pv.attach?.(this.peer);
    if (detach !== undefined) this.#stops.push(once(detach));
    if (this.isClosed) this.#detach();
  }

  /** Ends everything that hangs on the channel; sends nothing. */
  close(reason?: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const subscription of this.subscriptions.values()) subscription.end();
    this.subscriptions.clear();
    for (const operation of this.operations) operation.abort(reason);
    this.operations.clear();
    this.#detach();
  }

  #detach(): void {
    const stops = this.#stops;
    this.#stops = [];
    for (const stop of stops) stop();
  }
}
