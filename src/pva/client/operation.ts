import type { FieldDesc, Value } from '../../pvdata/index.ts';
import {
  type BytesReader,
  ConversionError,
  FieldError,
  isEpicsError,
  RemoteError,
  TypeMismatchError,
  toError,
} from '../../util/index.ts';
import type { Status } from '../core/index.ts';
import type { ServerLink } from './server-link.ts';

/**
 * A request under way on a connection. The link calls these methods; whatever they throw ends the connection, so user
 * code is called through guards.
 */
export abstract class Operation {
  /** Id on the connection; -1 while on none. */
  ioid: number;
  /** The connection that it is on. */
  link: ServerLink | undefined;
  /** Id of the channel at the server. */
  sid: number;

  constructor() {
    this.ioid = -1;
    this.link = undefined;
    this.sid = -1;
  }

  /** The channel is there: begin, or begin again. */
  abstract onConnected(link: ServerLink, sid: number): void;
  /** The channel is gone. `link` is unset already. */
  abstract onDisconnected(): void;
  /** The channel is closed for good. */
  abstract onClosed(reason: Error): void;

  onInit(_status: Status, _type: FieldDesc | null, _second: FieldDesc | null): void {}
  /** A reply to GET, PUT, PUT_GET. */
  onReply(_subcommand: number, _status: Status, _body: BytesReader): void {}
  onProcess(_status: Status): void {}
  onRpc(_status: Status, _result: Value | null): void {}
  onFieldType(_status: Status, _type: FieldDesc | null): void {}
  onUpdate(_body: BytesReader): void {}
  onFinished(_status: Status, _body: BytesReader): void {}
  /** Text from the server about this operation; 0 info, 1 warning, 2 error, 3 fatal. */
  onText(_type: number, _text: string): void {}

  /** Takes an id on the connection. */
  protected attach(link: ServerLink, sid: number): void {
    this.link = link;
    this.sid = sid;
    this.ioid = link.addOperation(this);
  }

  /** Gives the id back, and tells the server unless it has forgotten the operation already. */
  protected detach(tellServer: boolean): void {
    const { link } = this;
    if (link === undefined) return;
    link.removeOperation(this.ioid);
    if (tellServer && link.isReady) {
      link.core.destroyRequest(this.sid, this.ioid);
      link.markDirty();
    }
    this.link = undefined;
    this.ioid = -1;
  }
}

/** Takes an operation off a connection that is lost, or whose channel is. */
export function dropLink(operation: Operation): void {
  operation.link?.removeOperation(operation.ioid);
  operation.link = undefined;
  operation.ioid = -1;
}

/** The error that a failed status stands for. */
export function statusError(what: string, status: Status, pvName: string): RemoteError {
  const text = status.message === '' ? 'no reason given' : status.message;
  return new RemoteError(`${what}: ${text}`, {
    pvName,
    statusType: status.type,
    remoteStack: status.callTree,
  });
}

/** An error of our own conversions, with the call and the PV in its message; others as they are. */
export function nameError(what: string, error: unknown, pvName: string): Error {
  if (!isEpicsError(error) || error.pvName !== undefined) return toError(error);
  const message = `${what}: ${error.message}`;
  const options = { pvName, cause: error };
  if (error instanceof ConversionError) return new ConversionError(message, options);
  if (error instanceof TypeMismatchError) return new TypeMismatchError(message, options);
  if (error instanceof FieldError) return new FieldError(message, error.path, options);
  return error;
}
