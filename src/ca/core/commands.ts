import { type BytesReader, type ProtocolError, ProtocolMisuseError } from '../../util/index.ts';
import type { CaCircuit } from './circuit.ts';
import type { ClientCircuitHandler, ServerCircuitHandler } from './circuit-handlers.ts';
import { copyHeader, type MessageHeader } from './header.ts';

/** A message of a client, as an object. */
export type ClientCommand =
  | { readonly type: 'clientName'; readonly name: string }
  | { readonly type: 'hostName'; readonly name: string }
  | {
      readonly type: 'searchRequest';
      readonly cid: number;
      readonly minor: number;
      readonly wantsNotFound: boolean;
      readonly name: string;
    }
  | {
      readonly type: 'createChannelRequest';
      readonly cid: number;
      readonly minor: number;
      readonly name: string;
    }
  | { readonly type: 'clearChannelRequest'; readonly sid: number; readonly cid: number }
  | {
      readonly type: 'eventAddRequest';
      readonly sid: number;
      readonly subscriptionId: number;
      readonly dbrType: number;
      readonly count: number;
      readonly mask: number;
    }
  | {
      readonly type: 'eventCancelRequest';
      readonly sid: number;
      readonly subscriptionId: number;
      readonly dbrType: number;
      readonly count: number;
    }
  | { readonly type: 'eventsOff' }
  | { readonly type: 'eventsOn' }
  | {
      readonly type: 'readRequest' | 'readNotifyRequest';
      readonly sid: number;
      readonly ioid: number;
      readonly dbrType: number;
      readonly count: number;
    }
  | {
      readonly type: 'writeRequest';
      readonly sid: number;
      readonly cid: number;
      readonly dbrType: number;
      readonly count: number;
      readonly payload: Uint8Array;
    }
  | {
      readonly type: 'writeNotifyRequest';
      readonly sid: number;
      readonly ioid: number;
      readonly dbrType: number;
      readonly count: number;
      readonly payload: Uint8Array;
    };

/** A message of a server, as an object. */
export type ServerCommand =
  | { readonly type: 'accessRights'; readonly cid: number; readonly rights: number }
  | {
      readonly type: 'createChannel';
      readonly cid: number;
      readonly sid: number;
      readonly dbrType: number;
      readonly count: number;
    }
  | { readonly type: 'createFailed' | 'serverDisconnect' | 'notFound'; readonly cid: number }
  | { readonly type: 'clearChannel'; readonly sid: number; readonly cid: number }
  | {
      readonly type: 'eventAdd';
      readonly subscriptionId: number;
      readonly dbrType: number;
      readonly count: number;
      readonly status: number;
      readonly payload: Uint8Array;
    }
  | { readonly type: 'eventCancelled'; readonly subscriptionId: number }
  | {
      readonly type: 'read';
      readonly cid: number;
      readonly ioid: number;
      readonly dbrType: number;
      readonly count: number;
      readonly payload: Uint8Array;
    }
  | {
      readonly type: 'readNotify';
      readonly ioid: number;
      readonly dbrType: number;
      readonly count: number;
      readonly status: number;
      readonly payload: Uint8Array;
    }
  | {
      readonly type: 'writeNotify';
      readonly ioid: number;
      readonly dbrType: number;
      readonly count: number;
      readonly status: number;
    }
  | { readonly type: 'search'; readonly cid: number; readonly port: number; readonly address: number }
  | { readonly type: 'echo' }
  | {
      readonly type: 'error';
      readonly cid: number;
      readonly eca: number;
      readonly request: MessageHeader;
      readonly text: string;
    }
  | { readonly type: 'tooLarge'; readonly header: MessageHeader }
  | { readonly type: 'unresponsive' | 'responsive' };

/** A message of either end, as an object, or a violation. */
export type CaCommand =
  | { readonly type: 'version'; readonly priority: number; readonly minor: number }
  | { readonly type: 'protocolError'; readonly error: ProtocolError }
  | ClientCommand
  | ServerCommand;

function payloadOf(payload: BytesReader): Uint8Array {
  return payload.copy(payload.remaining);
}

/** Turns handler calls into objects, for either role: for tests, analysers and logs. */
export class CommandRecorder implements ServerCircuitHandler, ClientCircuitHandler {
  /** What was received, oldest first. */
  readonly commands: CaCommand[] = [];

  /** Takes all commands recorded so far out. */
  take(): CaCommand[] {
    return this.commands.splice(0);
  }

  onVersion(priority: number, minor: number): void {
    this.commands.push({ type: 'version', priority, minor });
  }
  onProtocolError(error: ProtocolError): void {
    this.commands.push({ type: 'protocolError', error });
  }

  onClientName(name: string): void {
    this.commands.push({ type: 'clientName', name });
  }
  onHostName(name: string): void {
    this.commands.push({ type: 'hostName', name });
  }
  onSearchRequest(cid: number, minor: number, wantsNotFound: boolean, name: string): void {
    this.commands.push({ type: 'searchRequest', cid, minor, wantsNotFound, name });
  }
  onCreateChannelRequest(cid: number, minor: number, name: string): void {
    this.commands.push({ type: 'createChannelRequest', cid, minor, name });
  }
  onClearChannelRequest(sid: number, cid: number): void {
    this.commands.push({ type: 'clearChannelRequest', sid, cid });
  }
  onEventAddRequest(sid: number, subscriptionId: number, dbrType: number, count: number, mask: number): void {
    this.commands.push({ type: 'eventAddRequest', sid, subscriptionId, dbrType, count, mask });
  }
  onEventCancelRequest(sid: number, subscriptionId: number, dbrType: number, count: number): void {
    this.commands.push({ type: 'eventCancelRequest', sid, subscriptionId, dbrType, count });
  }
  onEventsOff(): void {
    this.commands.push({ type: 'eventsOff' });
  }
  onEventsOn(): void {
    this.commands.push({ type: 'eventsOn' });
  }
  onReadRequest(sid: number, ioid: number, dbrType: number, count: number): void {
    this.commands.push({ type: 'readRequest', sid, ioid, dbrType, count });
  }
  onReadNotifyRequest(sid: number, ioid: number, dbrType: number, count: number): void {
    this.commands.push({ type: 'readNotifyRequest', sid, ioid, dbrType, count });
  }
  onWriteRequest(sid: number, cid: number, dbrType: number, count: number, payload: BytesReader): void {
    this.commands.push({ type: 'writeRequest', sid, cid, dbrType, count, payload: payloadOf(payload) });
  }
  onWriteNotifyRequest(
    sid: number,
    ioid: number,
    dbrType: number,
    count: number,
    payload: BytesReader,
  ): void {
    this.commands.push({
      type: 'writeNotifyRequest',
      sid,
      ioid,
      dbrType,
      count,
      payload: payloadOf(payload),
    });
  }

  onAccessRights(cid: number, rights: number): void {
    this.commands.push({ type: 'accessRights', cid, rights });
  }
  onCreateChannel(cid: number, sid: number, dbrType: number, count: number): void {
    this.commands.push({ type: 'createChannel', cid, sid, dbrType, count });
  }
  onCreateFailed(cid: number): void {
    this.commands.push({ type: 'createFailed', cid });
  }
  onServerDisconnect(cid: number): void {
    this.commands.push({ type: 'serverDisconnect', cid });
  }
  onClearChannel(sid: number, cid: number): void {
    this.commands.push({ type: 'clearChannel', sid, cid });
  }
  onEventAdd(
    subscriptionId: number,
    dbrType: number,
    count: number,
    status: number,
    payload: BytesReader,
  ): void {
    this.commands.push({
      type: 'eventAdd',
      subscriptionId,
      dbrType,
      count,
      status,
      payload: payloadOf(payload),
    });
  }
  onEventCancelled(subscriptionId: number): void {
    this.commands.push({ type: 'eventCancelled', subscriptionId });
  }
  onRead(cid: number, ioid: number, dbrType: number, count: number, payload: BytesReader): void {
    this.commands.push({ type: 'read', cid, ioid, dbrType, count, payload: payloadOf(payload) });
  }
  onReadNotify(ioid: number, dbrType: number, count: number, status: number, payload: BytesReader): void {
    this.commands.push({ type: 'readNotify', ioid, dbrType, count, status, payload: payloadOf(payload) });
  }
  onWriteNotify(ioid: number, dbrType: number, count: number, status: number): void {
    this.commands.push({ type: 'writeNotify', ioid, dbrType, count, status });
  }
  onSearch(cid: number, port: number, address: number): void {
    this.commands.push({ type: 'search', cid, port, address });
  }
  onNotFound(cid: number): void {
    this.commands.push({ type: 'notFound', cid });
  }
  onEcho(): void {
    this.commands.push({ type: 'echo' });
  }
  onError(cid: number, eca: number, request: Readonly<MessageHeader>, text: string): void {
    this.commands.push({ type: 'error', cid, eca, request: copyHeader(request), text });
  }
  onTooLarge(header: Readonly<MessageHeader>): void {
    this.commands.push({ type: 'tooLarge', header: copyHeader(header) });
  }
  onUnresponsive(): void {
    this.commands.push({ type: 'unresponsive' });
  }
  onResponsive(): void {
    this.commands.push({ type: 'responsive' });
  }
}

/**
 * Writes the message that `command` stands for: the inverse of `CommandRecorder`.
 *
 * @throws {ProtocolMisuseError} EPICS_MISUSE for a command that is no message (a violation, a state of the watch), and
 * for one that the circuit's role does not send.
 */
export function writeCommand(circuit: CaCircuit, command: CaCommand): void {
  switch (command.type) {
    case 'version':
      return circuit.version(command.priority);
    case 'clientName':
      return circuit.clientName(command.name);
    case 'hostName':
      return circuit.hostName(command.name);
    case 'searchRequest':
      return circuit.search(command.cid, command.name, command.wantsNotFound);
    case 'createChannelRequest':
      return circuit.createChannel(command.cid, command.name);
    case 'clearChannelRequest':
      return circuit.clearChannel(command.sid, command.cid);
    case 'eventAddRequest':
      return circuit.eventAdd(
        command.sid,
        command.subscriptionId,
        command.dbrType,
        command.count,
        command.mask,
      );
    case 'eventCancelRequest':
      return circuit.eventCancel(command.sid, command.subscriptionId, command.dbrType, command.count);
    case 'eventsOff':
      return circuit.eventsOff();
    case 'eventsOn':
      return circuit.eventsOn();
    case 'readRequest':
      return circuit.read(command.sid, command.ioid, command.dbrType, command.count);
    case 'readNotifyRequest':
      return circuit.readNotify(command.sid, command.ioid, command.dbrType, command.count);
    case 'writeRequest':
      return circuit.write(command.sid, command.cid, command.dbrType, command.count, command.payload);
    case 'writeNotifyRequest':
      return circuit.writeNotify(command.sid, command.ioid, command.dbrType, command.count, command.payload);
    case 'accessRights':
      return circuit.accessRights(command.cid, command.rights);
    case 'createChannel':
      return circuit.createChannelReply(command.cid, command.sid, command.dbrType, command.count);
    case 'createFailed':
      return circuit.createFailed(command.cid);
    case 'serverDisconnect':
      return circuit.serverDisconnect(command.cid);
    case 'clearChannel':
      return circuit.clearChannelReply(command.sid, command.cid);
    case 'eventAdd':
      return circuit.eventAddReply(
        command.subscriptionId,
        command.dbrType,
        command.count,
        command.status,
        command.payload,
      );
    case 'eventCancelled':
      return circuit.eventCancelReply(0, command.subscriptionId, 0, 0);
    case 'read':
      return circuit.readReply(command.cid, command.ioid, command.dbrType, command.count, command.payload);
    case 'readNotify':
      return circuit.readNotifyReply(
        command.ioid,
        command.dbrType,
        command.count,
        command.status,
        command.payload,
      );
    case 'writeNotify':
      return circuit.writeNotifyReply(command.ioid, command.dbrType, command.count, command.status);
    case 'search':
      return circuit.searchReply(command.cid, command.port, command.address);
    case 'echo':
      return circuit.echo();
    case 'error':
      return circuit.error(command.cid, command.eca, command.request, command.text);
    case 'notFound':
      return circuit.notFound({
        command: 6,
        payloadBytes: 0,
        dataType: 10,
        count: circuit.minor,
        p1: command.cid,
        p2: command.cid,
        isExtended: false,
      });
    case 'protocolError':
    case 'tooLarge':
    case 'unresponsive':
    case 'responsive':
      throw new ProtocolMisuseError(`"${command.type}" is no message that could be written`);
  }
}
