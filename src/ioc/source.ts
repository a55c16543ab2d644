import { Claim, type NameEvent, type Peer, type PvSource, type ServedPv } from '../pv/index.ts';
import type { Stop } from '../util/index.ts';
import type { Database } from './database.ts';

/** Serves every field of every record of a database as `RECORD.FIELD`. */
export class IocSource implements PvSource {
  readonly name: string;
  readonly database: Database;

  constructor(database: Database, name = 'ioc') {
    this.name = name;
    this.database = database;
  }

  claims(name: string, _peer: Peer): Claim {
    return this.database.has(name) ? Claim.Yes : Claim.No;
  }

  open(name: string, _peer: Peer): ServedPv | undefined {
    return this.database.openField(name);
  }

  onNames(listener: (event: NameEvent) => void): Stop {
    return this.database.onNames(listener);
  }

  list(): { readonly names: Iterable<string>; readonly isDynamic: boolean } {
    return { names: this.database.names(), isDynamic: false };
  }

  report(): Record<string, unknown> {
    return { records: this.database.size };
  }
}
