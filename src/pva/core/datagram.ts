import { type BytesReader, isEpicsError } from '../../util/index.ts';
import { HEADER_BYTES } from './constants.ts';
import { type PvaHeader, readHeader } from './header.ts';

/**
 * Walks through the messages of one datagram, each in its own byte order, and calls `visit` with a reader on its
 * body. Control messages are passed over; a truncated tail is ignored.
 *
 * @param visit may read less than the body; a body that ends early ends the walk.
 * @returns undefined, or why the rest of the datagram was dropped.
 */
export function walkDatagram(
  reader: BytesReader,
  bytes: Uint8Array,
  visit: (header: PvaHeader, body: BytesReader) => void,
): Error | undefined {
  reader.reset(bytes, 0, bytes.length);
  try {
    while (bytes.length - reader.position >= HEADER_BYTES) {
      const start = reader.position;
      reader.reset(bytes, start, bytes.length);
      const header = readHeader(reader);
      if (header.isControl) continue;
      const bodyEnd = start + HEADER_BYTES + header.size;
      if (bodyEnd > bytes.length) return undefined;
      reader.reset(bytes, start + HEADER_BYTES, bodyEnd);
      visit(header, reader);
      reader.reset(bytes, bodyEnd, bytes.length);
    }
    return undefined;
  } catch (error) {
    // What another machine sent must not throw here; anything else is a fault of ours.
    if (isEpicsError(error)) return error;
    throw error;
  }
}
