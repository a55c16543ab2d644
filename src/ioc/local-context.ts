import type { Peer, WriteContext } from '../pv/index.ts';
import type { IocContext } from './record.ts';

/** The database itself as the other end of a put. */
export const databasePeer: Peer = {
  protocol: 'local',
  address: '',
  user: '',
  host: '',
  method: '',
  authority: '',
  isEncrypted: false,
  roles: () => [],
};

/** Context of a put that the database or its code makes. */
export function localWriteContext(context: IocContext, wait: boolean): WriteContext {
  let controller: AbortController | undefined;
  return {
    peer: databasePeer,
    get signal(): AbortSignal {
      // Never aborted; made only when somebody asks.
      controller ??= new AbortController();
      return controller.signal;
    },
    pvRequest: undefined,
    wait,
    process: 'passive',
    message(level, text) {
      if (level === 'error') context.logger.error(text);
      else if (level === 'warning') context.logger.warn(text);
      else context.logger.info(text);
    },
  };
}
