import { type Peer, Rights, type ServedPv, type ServedStructPv } from '../../pv/index.ts';
import { noStop, type Stop } from '../../util/index.ts';
import { ACL_PUT, ACL_PUT_GET, ACL_RPC } from '../core/index.ts';
import type { ServerOperation } from './operation.ts';
import type { PvEntry } from './served-pvs.ts';
import type { Session } from './session.ts';

/** One channel of one client. */
export class ServedChannel {
  readonly session: Session;
  readonly entry: PvEntry;
  /** The name the client used; aliases of one PV differ in it. */
  readonly name: string;
  readonly cid: number;
  readonly operations: Set<ServerOperation>;
  sid: number;
  rights: Rights;
  detach: Stop;
  isClosed: boolean;
  /** Bytes of values sent and received. */
  bytesOut: number;
  bytesIn: number;

  constructor(session: Session, entry: PvEntry, name: string, cid: number) {
    this.session = session;
    this.entry = entry;
    this.name = name;
    this.cid = cid;
    this.operations = new Set();
    this.sid = 0;
    this.rights = Rights.None;
    this.detach = noStop;
    this.isClosed = false;
    this.bytesOut = 0;
    this.bytesIn = 0;
  }

  get pv(): ServedPv {
    return this.entry.pv;
  }

  /** The PV as a structure, once it has a type. */
  get struct(): ServedStructPv | undefined {
    return this.entry.struct;
  }

  canRead(): boolean {
    return (this.rights & Rights.Read) !== 0;
  }
  canWrite(): boolean {
    return (this.rights & Rights.Write) !== 0;
  }
  canCall(): boolean {
    return (this.rights & Rights.Call) !== 0;
  }

  /** Asks the PV anew what this client may do. Returns true when that changed. */
  askRights(peer: Peer): boolean {
    const rights = this.pv.rights(peer);
    if (rights === this.rights) return false;
    this.rights = rights;
    return true;
  }

  /** The rights as bits of ACL_CHANGE: what the client may do and the PV can. */
  get aclBits(): number {
    const struct = this.struct;
    // A PV that has no type yet may turn out writable.
    const isWritable = struct === undefined || struct.write !== undefined;
    let bits = 0;
    if (this.canWrite() && isWritable) bits |= ACL_PUT | (this.canRead() ? ACL_PUT_GET : 0);
    if (this.canCall() && this.pv.call !== undefined) bits |= ACL_RPC;
    return bits;
  }

  /** Ends all operations and detaches from the PV; nothing is sent. */
  release(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const operation of [...this.operations]) operation.destroy();
    this.detach();
  }
}
