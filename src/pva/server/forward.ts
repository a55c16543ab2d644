import type { Endpoint } from '../../net/index.ts';
import { BytesWriter } from '../../util/index.ts';
import {
  beginMessage,
  beginSearchRequest,
  CMD_ORIGIN_TAG,
  CMD_SEARCH,
  endMessage,
  endSearchRequest,
  SearchFlag,
  type SearchRequest,
  writeSearchName,
  writeSocketAddress,
} from '../core/index.ts';

/**
 * A search as one process passes it on to the others of its host: the address it arrived at, then the search, no
 * longer marked as unicast, with the address to answer to.
 *
 * @param arrivedAt our address that the search was sent to; pvxs servers on one interface compare it with theirs.
 */
export function encodeForwarded(request: SearchRequest, from: Endpoint, arrivedAt: string): Uint8Array {
  const writer = new BytesWriter(512);
  const tagAt = beginMessage(writer, 0, CMD_ORIGIN_TAG);
  writeSocketAddress(writer, arrivedAt);
  endMessage(writer, tagAt);
  const isToSource = (request.flags & SearchFlag.ReplyToSourcePort) !== 0;
  const at = beginMessage(writer, 0, CMD_SEARCH);
  const countAt = beginSearchRequest(
    writer,
    {
      sequence: request.sequence,
      flags: request.flags & ~(SearchFlag.Unicast | SearchFlag.ReplyToSourcePort),
      responseAddress: request.responseAddress === '' ? from.address : request.responseAddress,
      responsePort: isToSource ? from.port : request.responsePort,
    },
    request.protocols,
  );
  for (let i = 0; i < request.names.length; i++) {
    writeSearchName(writer, request.ids[i] as number, request.names[i] as string);
  }
  endSearchRequest(writer, countAt, request.names.length);
  endMessage(writer, at);
  return writer.bytes.subarray(0, writer.position);
}
