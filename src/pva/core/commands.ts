import { encodeAny, encodeType, type FieldDesc, type Value, writeString } from '../../pvdata/index.ts';
import type { BytesReader, BytesWriter, ProtocolError } from '../../util/index.ts';
import type { PvaClientHandler } from './client-connection.ts';
import type { PvaConnection } from './connection.ts';
import {
  CMD_ACL_CHANGE,
  CMD_ARRAY,
  CMD_CANCEL_REQUEST,
  CMD_CONNECTION_VALIDATED,
  CMD_CONNECTION_VALIDATION,
  CMD_CREATE_CHANNEL,
  CMD_DESTROY_CHANNEL,
  CMD_DESTROY_REQUEST,
  CMD_ECHO,
  CMD_GET,
  CMD_GET_FIELD,
  CMD_MESSAGE,
  CMD_MONITOR,
  CMD_PROCESS,
  CMD_PUT,
  CMD_PUT_GET,
  CMD_RPC,
  CMD_SEARCH,
  CMD_SEARCH_RESPONSE,
  SUB_DESTROY,
  SUB_INIT,
} from './constants.ts';
import type { PvaServerHandler } from './server-connection.ts';
import { isSuccess, type Status, writeStatus } from './status.ts';

/** A message that both ends send. */
export type PvaCommonCommand =
  | { readonly type: 'echo'; readonly body: Uint8Array }
  | { readonly type: 'message'; readonly ioid: number; readonly level: number; readonly text: string };

/** A message of a client. Bodies are the bytes behind what is listed, in the order of the connection. */
export type PvaClientCommand =
  | PvaCommonCommand
  | {
      readonly type: 'validation';
      readonly bufferBytes: number;
      readonly registrySize: number;
      readonly qos: number;
      readonly method: string;
      readonly data: Value | null;
    }
  | { readonly type: 'createChannel'; readonly cid: number; readonly name: string }
  | { readonly type: 'destroyChannel'; readonly sid: number; readonly cid: number }
  | { readonly type: 'search'; readonly body: Uint8Array }
  | {
      readonly type: 'init';
      readonly command: number;
      readonly sid: number;
      readonly ioid: number;
      readonly subcommand: number;
      readonly pvRequest: Value | null;
      readonly freeCount: number;
    }
  | {
      readonly type: 'execute';
      readonly command: number;
      readonly sid: number;
      readonly ioid: number;
      readonly subcommand: number;
      readonly body: Uint8Array;
    }
  | {
      readonly type: 'monitor';
      readonly sid: number;
      readonly ioid: number;
      readonly subcommand: number;
      readonly freeCount: number;
    }
  | {
      readonly type: 'rpc';
      readonly sid: number;
      readonly ioid: number;
      readonly subcommand: number;
      readonly args: Value | null;
    }
  | { readonly type: 'getField'; readonly sid: number; readonly ioid: number; readonly path: string }
  | { readonly type: 'destroyRequest' | 'cancelRequest'; readonly sid: number; readonly ioid: number };

/** A message of a server. */
export type PvaServerCommand =
  | PvaCommonCommand
  | {
      readonly type: 'validationOffer';
      readonly bufferBytes: number;
      readonly registrySize: number;
      readonly methods: readonly string[];
    }
  | { readonly type: 'validated'; readonly status: Status }
  | { readonly type: 'channelCreated'; readonly cid: number; readonly sid: number; readonly status: Status }
  | { readonly type: 'channelDestroyed'; readonly sid: number; readonly cid: number }
  | { readonly type: 'aclChange'; readonly cid: number; readonly bits: number }
  | { readonly type: 'searchResponse'; readonly body: Uint8Array }
  | {
      readonly type: 'initReply';
      readonly command: number;
      readonly ioid: number;
      readonly status: Status;
      readonly types: readonly (FieldDesc | null)[];
    }
  | {
      readonly type: 'reply';
      readonly command: number;
      readonly ioid: number;
      readonly subcommand: number;
      readonly status: Status;
      readonly body: Uint8Array;
    }
  | { readonly type: 'update'; readonly ioid: number; readonly body: Uint8Array }
  | { readonly type: 'finished'; readonly ioid: number; readonly status: Status; readonly body: Uint8Array }
  | {
      readonly type: 'rpcReply';
      readonly ioid: number;
      readonly subcommand: number;
      readonly status: Status;
      readonly result: Value | null;
    }
  | {
      readonly type: 'fieldReply';
      readonly ioid: number;
      readonly status: Status;
      readonly desc: FieldDesc | null;
    };

/** What a recorder holds: messages, and the violation that ended the connection. */
export type Recorded<C> = C | { readonly type: 'protocolError'; readonly message: string };

/** Takes the payload's rest. */
function rest(body: BytesReader): Uint8Array {
  return body.copy(body.remaining);
}

class Recorder<C> {
  /** Messages in the order they came. */
  readonly commands: Recorded<C | PvaCommonCommand>[] = [];

  onEcho(body: BytesReader): void {
    this.commands.push({ type: 'echo', body: rest(body) });
  }
  onMessage(ioid: number, level: number, text: string): void {
    this.commands.push({ type: 'message', ioid, level, text });
  }
  onProtocolError(error: ProtocolError): void {
    this.commands.push({ type: 'protocolError', message: error.message });
  }
}

/** Turns what a server receives into plain objects. */
export class PvaClientCommandRecorder extends Recorder<PvaClientCommand> implements PvaServerHandler {
  onConnectionValidation(
    bufferBytes: number,
    registrySize: number,
    qos: number,
    method: string,
    data: Value | null,
  ): void {
    this.commands.push({ type: 'validation', bufferBytes, registrySize, qos, method, data });
  }
  onCreateChannel(cid: number, name: string): void {
    this.commands.push({ type: 'createChannel', cid, name });
  }
  onDestroyChannel(sid: number, cid: number): void {
    this.commands.push({ type: 'destroyChannel', sid, cid });
  }
  onSearch(body: BytesReader): void {
    this.commands.push({ type: 'search', body: rest(body) });
  }
  onInit(
    command: number,
    sid: number,
    ioid: number,
    subcommand: number,
    pvRequest: Value | null,
    freeCount: number,
  ): void {
    this.commands.push({ type: 'init', command, sid, ioid, subcommand, pvRequest, freeCount });
  }
  onGet(sid: number, ioid: number, subcommand: number): void {
    this.#execute(CMD_GET, sid, ioid, subcommand);
  }
  onPut(sid: number, ioid: number, subcommand: number, body: BytesReader): void {
    this.#execute(CMD_PUT, sid, ioid, subcommand, body);
  }
  onPutGet(sid: number, ioid: number, subcommand: number, body: BytesReader): void {
    this.#execute(CMD_PUT_GET, sid, ioid, subcommand, body);
  }
  onArray(sid: number, ioid: number, subcommand: number, body: BytesReader): void {
    this.#execute(CMD_ARRAY, sid, ioid, subcommand, body);
  }
  onProcess(sid: number, ioid: number, subcommand: number): void {
    this.#execute(CMD_PROCESS, sid, ioid, subcommand);
  }
  onMonitor(sid: number, ioid: number, subcommand: number, freeCount: number): void {
    this.commands.push({ type: 'monitor', sid, ioid, subcommand, freeCount });
  }
  onRpc(sid: number, ioid: number, subcommand: number, args: Value | null): void {
    this.commands.push({ type: 'rpc', sid, ioid, subcommand, args });
  }
  onGetField(sid: number, ioid: number, path: string): void {
    this.commands.push({ type: 'getField', sid, ioid, path });
  }
  onDestroyRequest(sid: number, ioid: number): void {
    this.commands.push({ type: 'destroyRequest', sid, ioid });
  }
  onCancelRequest(sid: number, ioid: number): void {
    this.commands.push({ type: 'cancelRequest', sid, ioid });
  }

  #execute(command: number, sid: number, ioid: number, subcommand: number, body?: BytesReader): void {
    const bytes = body === undefined ? new Uint8Array(0) : rest(body);
    this.commands.push({ type: 'execute', command, sid, ioid, subcommand, body: bytes });
  }
}

/** Turns what a client receives into plain objects. */
export class PvaServerCommandRecorder extends Recorder<PvaServerCommand> implements PvaClientHandler {
  onConnectionValidation(bufferBytes: number, registrySize: number, methods: readonly string[]): void {
    this.commands.push({ type: 'validationOffer', bufferBytes, registrySize, methods });
  }
  onConnectionValidated(status: Status): void {
    this.commands.push({ type: 'validated', status });
  }
  onCreateChannel(cid: number, sid: number, status: Status): void {
    this.commands.push({ type: 'channelCreated', cid, sid, status });
  }
  onDestroyChannel(sid: number, cid: number): void {
    this.commands.push({ type: 'channelDestroyed', sid, cid });
  }
  onAclChange(cid: number, bits: number): void {
    this.commands.push({ type: 'aclChange', cid, bits });
  }
  onSearchResponse(body: BytesReader): void {
    this.commands.push({ type: 'searchResponse', body: rest(body) });
  }
  onInit(
    command: number,
    ioid: number,
    status: Status,
    type: FieldDesc | null,
    secondType: FieldDesc | null,
  ): void {
    const count = !isSuccess(status) || command === CMD_RPC || command === CMD_PROCESS ? 0 : 1;
    const types = [type, secondType].slice(0, command === CMD_PUT_GET ? 2 * count : count);
    this.commands.push({ type: 'initReply', command, ioid, status, types });
  }
  onGet(ioid: number, subcommand: number, status: Status, body: BytesReader): void {
    this.#reply(CMD_GET, ioid, subcommand, status, body);
  }
  onPut(ioid: number, subcommand: number, status: Status, body: BytesReader): void {
    this.#reply(CMD_PUT, ioid, subcommand, status, body);
  }
  onPutGet(ioid: number, subcommand: number, status: Status, body: BytesReader): void {
    this.#reply(CMD_PUT_GET, ioid, subcommand, status, body);
  }
  onArray(ioid: number, subcommand: number, status: Status, body: BytesReader): void {
    this.#reply(CMD_ARRAY, ioid, subcommand, status, body);
  }
  onProcess(ioid: number, subcommand: number, status: Status): void {
    this.#reply(CMD_PROCESS, ioid, subcommand, status);
  }
  onMonitor(ioid: number, body: BytesReader): void {
    this.commands.push({ type: 'update', ioid, body: rest(body) });
  }
  onMonitorFinished(ioid: number, status: Status, body: BytesReader): void {
    this.commands.push({ type: 'finished', ioid, status, body: rest(body) });
  }
  onRpc(ioid: number, subcommand: number, status: Status, result: Value | null): void {
    this.commands.push({ type: 'rpcReply', ioid, subcommand, status, result });
  }
  onGetField(ioid: number, status: Status, desc: FieldDesc | null): void {
    this.commands.push({ type: 'fieldReply', ioid, status, desc });
  }

  #reply(command: number, ioid: number, subcommand: number, status: Status, body?: BytesReader): void {
    const bytes = body === undefined ? new Uint8Array(0) : rest(body);
    this.commands.push({ type: 'reply', command, ioid, subcommand, status, body: bytes });
  }
}

/**
 * Writes a recorded message of a client: the inverse of `PvaClientCommandRecorder`. Types are written in full, so the
 * bytes may differ from those of a peer that uses its type cache.
 */
export function writeClientCommand(to: PvaConnection, command: PvaClientCommand): void {
  const [code, write] = clientMessage(command);
  to.writeMessage(code, write);
}

/** Writes a recorded message of a server: the inverse of `PvaServerCommandRecorder`. */
export function writeServerCommand(to: PvaConnection, command: PvaServerCommand): void {
  const [code, write] = serverMessage(command);
  to.writeMessage(code, write);
}

type Message = readonly [number, (writer: BytesWriter) => void];

function commonMessage(command: PvaCommonCommand): Message {
  if (command.type === 'echo') return [CMD_ECHO, (w) => w.raw(command.body)];
  return [
    CMD_MESSAGE,
    (w) => {
      w.u32(command.ioid);
      w.u8(command.level);
      writeString(w, command.text);
    },
  ];
}

function operation(w: BytesWriter, command: { sid: number; ioid: number; subcommand: number }): void {
  w.u32(command.sid);
  w.u32(command.ioid);
  w.u8(command.subcommand);
}

function twoIds(w: BytesWriter, first: number, second: number): void {
  w.u32(first);
  w.u32(second);
}

function clientMessage(command: PvaClientCommand): Message {
  switch (command.type) {
    case 'validation':
      return [
        CMD_CONNECTION_VALIDATION,
        (w) => {
          w.u32(command.bufferBytes);
          w.u16(command.registrySize);
          w.u16(command.qos);
          writeString(w, command.method);
          encodeAny(w, command.data);
        },
      ];
    case 'createChannel':
      return [
        CMD_CREATE_CHANNEL,
        (w) => {
          w.u16(1);
          w.u32(command.cid);
          writeString(w, command.name);
        },
      ];
    case 'destroyChannel':
      return [CMD_DESTROY_CHANNEL, (w) => twoIds(w, command.sid, command.cid)];
    case 'search':
      return [CMD_SEARCH, (w) => w.raw(command.body)];
    case 'init':
      return [
        command.command,
        (w) => {
          operation(w, command);
          encodeAny(w, command.pvRequest);
          if (command.freeCount >= 0) w.u32(command.freeCount);
        },
      ];
    case 'execute':
      return [
        command.command,
        (w) => {
          operation(w, command);
          w.raw(command.body);
        },
      ];
    case 'monitor':
      return [
        CMD_MONITOR,
        (w) => {
          operation(w, command);
          if (command.freeCount >= 0) w.u32(command.freeCount);
        },
      ];
    case 'rpc':
      return [
        CMD_RPC,
        (w) => {
          operation(w, command);
          encodeAny(w, command.args);
        },
      ];
    case 'getField':
      return [
        CMD_GET_FIELD,
        (w) => {
          twoIds(w, command.sid, command.ioid);
          writeString(w, command.path);
        },
      ];
    case 'destroyRequest':
      return [CMD_DESTROY_REQUEST, (w) => twoIds(w, command.sid, command.ioid)];
    case 'cancelRequest':
      return [CMD_CANCEL_REQUEST, (w) => twoIds(w, command.sid, command.ioid)];
    default:
      return commonMessage(command);
  }
}

function replyHead(w: BytesWriter, ioid: number, subcommand: number, status: Status): void {
  w.u32(ioid);
  w.u8(subcommand);
  writeStatus(w, status);
}

function serverMessage(command: PvaServerCommand): Message {
  switch (command.type) {
    case 'validationOffer':
      return [
        CMD_CONNECTION_VALIDATION,
        (w) => {
          w.u32(command.bufferBytes);
          w.u16(command.registrySize);
          w.u8(command.methods.length);
          for (const method of command.methods) writeString(w, method);
        },
      ];
    case 'validated':
      return [CMD_CONNECTION_VALIDATED, (w) => writeStatus(w, command.status)];
    case 'channelCreated':
      return [
        CMD_CREATE_CHANNEL,
        (w) => {
          twoIds(w, command.cid, command.sid);
          writeStatus(w, command.status);
        },
      ];
    case 'channelDestroyed':
      return [CMD_DESTROY_CHANNEL, (w) => twoIds(w, command.sid, command.cid)];
    case 'aclChange':
      return [
        CMD_ACL_CHANGE,
        (w) => {
          w.u32(command.cid);
          w.u8(command.bits);
        },
      ];
    case 'searchResponse':
      return [CMD_SEARCH_RESPONSE, (w) => w.raw(command.body)];
    case 'initReply':
      return [
        command.command,
        (w) => {
          replyHead(w, command.ioid, SUB_INIT, command.status);
          for (const desc of command.types) encodeType(w, desc);
        },
      ];
    case 'reply':
      return [
        command.command,
        (w) => {
          replyHead(w, command.ioid, command.subcommand, command.status);
          w.raw(command.body);
        },
      ];
    case 'update':
      return [
        CMD_MONITOR,
        (w) => {
          w.u32(command.ioid);
          w.u8(0);
          w.raw(command.body);
        },
      ];
    case 'finished':
      return [
        CMD_MONITOR,
        (w) => {
          replyHead(w, command.ioid, SUB_DESTROY, command.status);
          w.raw(command.body);
        },
      ];
    case 'rpcReply':
      return [
        CMD_RPC,
        (w) => {
          replyHead(w, command.ioid, command.subcommand, command.status);
          if (isSuccess(command.status)) encodeAny(w, command.result);
        },
      ];
    case 'fieldReply':
      return [
        CMD_GET_FIELD,
        (w) => {
          w.u32(command.ioid);
          writeStatus(w, command.status);
          if (isSuccess(command.status)) encodeType(w, command.desc);
        },
      ];
    default:
      return commonMessage(command);
  }
}
