import { type BytesReader, decodeUtf8 } from '../../util/index.ts';
import type { ClientCircuitHandler, ServerCircuitHandler } from './circuit-handlers.ts';
import {
  CMD_ACCESS_RIGHTS,
  CMD_CLEAR_CHANNEL,
  CMD_CLIENT_NAME,
  CMD_CREATE_CH_FAIL,
  CMD_CREATE_CHAN,
  CMD_ECHO,
  CMD_ERROR,
  CMD_EVENT_ADD,
  CMD_EVENT_CANCEL,
  CMD_EVENTS_OFF,
  CMD_EVENTS_ON,
  CMD_HOST_NAME,
  CMD_NOT_FOUND,
  CMD_READ,
  CMD_READ_NOTIFY,
  CMD_READ_SYNC,
  CMD_SEARCH,
  CMD_SERVER_DISCONN,
  CMD_WRITE,
  CMD_WRITE_NOTIFY,
  DOREPLY,
  MAX_IDENTITY_BYTES,
  MAX_NAME_BYTES,
  MIN_MINOR_VERSION,
} from './constants.ts';
import { type MessageHeader, makeHeader, readHeader } from './header.ts';
import { ECA_DEFUNCT, ECA_INTERNAL } from './status.ts';

/** What the dispatch of requests needs of its circuit. */
export interface RequestReplies {
  readonly minor: number;
  createFailed(cid: number): void;
  error(cid: number, eca: number, request: Readonly<MessageHeader>, text: string): void;
  echoBack(payload: BytesReader): void;
  assumeMinor(minor: number): void;
  fail(reason: string): void;
}

/** The bytes up to the first NUL as text; undefined without a NUL when one is required. */
function readText(payload: BytesReader, needsNul: boolean): string | undefined {
  const { bytes, position, end } = payload;
  let stop = position;
  while (stop < end && bytes[stop] !== 0) stop++;
  if (stop === end && needsNul) return undefined;
  return decodeUtf8(bytes, position, stop);
}

/** Index of the mask within an EVENT_ADD request. */
const MASK_OFFSET = 12;
const EVENT_ADD_BYTES = 16;

/** Calls the method of `handler` that belongs to a message of a client. */
export function dispatchToServer(
  circuit: RequestReplies,
  handler: ServerCircuitHandler,
  header: Readonly<MessageHeader>,
  payload: BytesReader,
): void {
  const { dataType, count, p1, p2 } = header;
  switch (header.command) {
    case CMD_EVENT_ADD: {
      const isShort = payload.remaining < EVENT_ADD_BYTES;
      const mask = isShort ? -1 : payload.view.getUint16(payload.position + MASK_OFFSET);
      handler.onEventAddRequest(p1, p2, dataType, count, mask);
      return;
    }
    case CMD_EVENT_CANCEL:
      handler.onEventCancelRequest(p1, p2, dataType, count);
      return;
    case CMD_READ:
      handler.onReadRequest(p1, p2, dataType, count);
      return;
    case CMD_READ_NOTIFY:
      handler.onReadNotifyRequest(p1, p2, dataType, count);
      return;
    case CMD_WRITE:
      handler.onWriteRequest(p1, p2, dataType, count, payload);
      return;
    case CMD_WRITE_NOTIFY:
      handler.onWriteNotifyRequest(p1, p2, dataType, count, payload);
      return;
    case CMD_CREATE_CHAN:
      createRequest(circuit, handler, header, payload);
      return;
    case CMD_CLEAR_CHANNEL:
      handler.onClearChannelRequest(p1, p2);
      return;
    case CMD_SEARCH: {
      const name = payload.remaining > MAX_NAME_BYTES ? '' : readText(payload, false);
      if (name !== undefined && name !== '') handler.onSearchRequest(p2, count, dataType === DOREPLY, name);
      return;
    }
    case CMD_EVENTS_OFF:
      handler.onEventsOff();
      return;
    case CMD_EVENTS_ON:
      handler.onEventsOn();
      return;
    case CMD_CLIENT_NAME:
    case CMD_HOST_NAME: {
      const name = payload.remaining > MAX_IDENTITY_BYTES ? undefined : readText(payload, true);
      if (name === undefined) {
        const what = header.command === CMD_CLIENT_NAME ? 'user' : 'host';
        circuit.error(0xffff_ffff, ECA_INTERNAL, header, `bad ${what} name, the old one is kept`);
      } else if (header.command === CMD_CLIENT_NAME) handler.onClientName(name);
      else handler.onHostName(name);
      return;
    }
    case CMD_ECHO:
    case CMD_READ_SYNC:
      circuit.echoBack(payload);
      return;
  }
}

function createRequest(
  circuit: RequestReplies,
  handler: ServerCircuitHandler,
  header: Readonly<MessageHeader>,
  payload: BytesReader,
): void {
  circuit.assumeMinor(header.p2);
  if (circuit.minor < MIN_MINOR_VERSION) {
    circuit.error(header.p1, ECA_DEFUNCT, header, `protocol version 4.${circuit.minor} is too old`);
    circuit.fail(`protocol version 4.${circuit.minor} is too old`);
    return;
  }
  const name = payload.remaining > MAX_NAME_BYTES ? undefined : readText(payload, true);
  if (name === undefined || name === '') {
    if (circuit.minor >= 6) circuit.createFailed(header.p1);
    else circuit.fail('bad channel name from a peer that cannot be told');
    return;
  }
  handler.onCreateChannelRequest(header.p1, header.p2, name);
}

/** Calls the method of `handler` that belongs to a message of a server. */
export function dispatchToClient(
  handler: ClientCircuitHandler,
  header: Readonly<MessageHeader>,
  payload: BytesReader,
): void {
  const { dataType, count, p1, p2 } = header;
  switch (header.command) {
    case CMD_EVENT_ADD:
      handler.onEventAdd(p2, dataType, count, p1, payload);
      return;
    case CMD_READ:
      handler.onRead(p1, p2, dataType, count, payload);
      return;
    case CMD_READ_NOTIFY:
      handler.onReadNotify(p2, dataType, count, p1, payload);
      return;
    case CMD_WRITE_NOTIFY:
      handler.onWriteNotify(p2, dataType, count, p1);
      return;
    case CMD_CREATE_CHAN:
      handler.onCreateChannel(p1, p2, dataType, count);
      return;
    case CMD_ACCESS_RIGHTS:
      handler.onAccessRights(p1, p2);
      return;
    case CMD_CREATE_CH_FAIL:
      handler.onCreateFailed(p1);
      return;
    case CMD_SERVER_DISCONN:
      handler.onServerDisconnect(p1);
      return;
    case CMD_CLEAR_CHANNEL:
      handler.onClearChannel(p1, p2);
      return;
    case CMD_SEARCH:
      handler.onSearch(p2, dataType, p1);
      return;
    case CMD_NOT_FOUND:
      handler.onNotFound(p2);
      return;
    case CMD_ECHO:
    case CMD_READ_SYNC:
      handler.onEcho();
      return;
    case CMD_ERROR: {
      const request = makeHeader();
      // The view spans the whole chunk: only the payload may be read.
      const size = readHeader(payload.view, payload.position, payload.remaining, request);
      if (size === 0) return;
      payload.skip(size);
      handler.onError(p1, p2, request, readText(payload, false) ?? '');
      return;
    }
  }
}
