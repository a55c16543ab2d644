import type { BytesReader, ProtocolError } from '../../util/index.ts';
import type { MessageHeader } from './header.ts';

/** What both ends of a circuit are told. Arguments are valid only until the method returns. */
export interface CommonCircuitHandler {
  /** The peer's VERSION; `minor` is clipped to ours. May come more than once. */
  onVersion(priority: number, minor: number): void;
  /** The peer broke the framing. The circuit is closed and ignores input from now on. */
  onProtocolError(error: ProtocolError): void;
}

/** Owner of the server end of a circuit: one method per message of a client. */
export interface ServerCircuitHandler extends CommonCircuitHandler {
  onClientName(name: string): void;
  onHostName(name: string): void;
  /** SEARCH through the circuit (name server use). `wantsNotFound`: unknown names are to be answered. */
  onSearchRequest(cid: number, minor: number, wantsNotFound: boolean, name: string): void;
  onCreateChannelRequest(cid: number, minor: number, name: string): void;
  onClearChannelRequest(sid: number, cid: number): void;
  /** @param mask as sent, 0 and values above 0xff included; -1 when the payload is too short to hold one. */
  onEventAddRequest(sid: number, subscriptionId: number, dbrType: number, count: number, mask: number): void;
  onEventCancelRequest(sid: number, subscriptionId: number, dbrType: number, count: number): void;
  onEventsOff(): void;
  onEventsOn(): void;
  onReadRequest(sid: number, ioid: number, dbrType: number, count: number): void;
  onReadNotifyRequest(sid: number, ioid: number, dbrType: number, count: number): void;
  onWriteRequest(sid: number, cid: number, dbrType: number, count: number, payload: BytesReader): void;
  onWriteNotifyRequest(sid: number, ioid: number, dbrType: number, count: number, payload: BytesReader): void;
}

/** Owner of the client end of a circuit: one method per message of a server. */
export interface ClientCircuitHandler extends CommonCircuitHandler {
  onAccessRights(cid: number, rights: number): void;
  onCreateChannel(cid: number, sid: number, dbrType: number, count: number): void;
  onCreateFailed(cid: number): void;
  onServerDisconnect(cid: number): void;
  onClearChannel(sid: number, cid: number): void;
  /** An update of a subscription; the payload may be empty. Never called after `eventCancel` of that id. */
  onEventAdd(
    subscriptionId: number,
    dbrType: number,
    count: number,
    status: number,
    payload: BytesReader,
  ): void;
  /** The server confirmed `eventCancel`: the id may be used again. */
  onEventCancelled(subscriptionId: number): void;
  /** Reply to the deprecated READ. */
  onRead(cid: number, ioid: number, dbrType: number, count: number, payload: BytesReader): void;
  onReadNotify(ioid: number, dbrType: number, count: number, status: number, payload: BytesReader): void;
  onWriteNotify(ioid: number, dbrType: number, count: number, status: number): void;
  /** @param address IPv4 as number, 0xffffffff: the address of this circuit. @param port 0: that of this circuit. */
  onSearch(cid: number, port: number, address: number): void;
  onNotFound(cid: number): void;
  onEcho(): void;
  /** ERROR. @param request the header that the server quotes. */
  onError(cid: number, eca: number, request: Readonly<MessageHeader>, text: string): void;
  /** A message whose payload exceeds `maxPayloadBytes` was skipped. */
  onTooLarge(header: Readonly<MessageHeader>): void;
  /** No traffic for the time-out and no answer to the probe: operations will not proceed. */
  onUnresponsive(): void;
  /** The peer answers again after `onUnresponsive`. */
  onResponsive(): void;
}
