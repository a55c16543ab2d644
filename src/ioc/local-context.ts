import { localPeer, type Peer, WriteOperation } from '../pv/index.ts';
import type { IocContext } from './record.ts';

const databasePeer: Peer = localPeer();

/** Context of a put that the database or its code makes; messages go to the log. */
export function localWriteContext(context: IocContext, wait: boolean): WriteOperation {
  return new WriteOperation(databasePeer, wait, 'passive', undefined, (level, text) => {
    if (level === 'error') context.logger.error(text);
    else if (level === 'warning') context.logger.warn(text);
    else context.logger.info(text);
  });
}
