/** Stable codes of every error this package makes; match on these, never on message text. */
export const EpicsErrorCode = {
  Timeout: 'EPICS_TIMEOUT',
  Disconnected: 'EPICS_DISCONNECTED',
  Closed: 'EPICS_CLOSED',
  NotFound: 'EPICS_NOT_FOUND',
  Remote: 'EPICS_REMOTE',
  Access: 'EPICS_ACCESS',
  Type: 'EPICS_TYPE',
  Convert: 'EPICS_CONVERT',
  Field: 'EPICS_FIELD',
  Protocol: 'EPICS_PROTOCOL',
  Misuse: 'EPICS_MISUSE',
  Limit: 'EPICS_LIMIT',
  Config: 'EPICS_CONFIG',
  Internal: 'EPICS_INTERNAL',
} as const;
export type EpicsErrorCode = (typeof EpicsErrorCode)[keyof typeof EpicsErrorCode];

// A registered symbol, so that errors of another copy of the package are recognised too.
const brand = Symbol.for('epics-ts.error');

export interface EpicsErrorOptions {
  readonly cause?: unknown;
  /** Name of the PV that the failed call was about. */
  readonly pvName?: string;
}

/** Root of all errors of this package. */
export class EpicsError extends Error {
  override readonly name: string = 'EpicsError';
  readonly code: EpicsErrorCode;
  readonly pvName: string | undefined;

  constructor(code: EpicsErrorCode, message: string, options: EpicsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.pvName = options.pvName;
  }
}

Object.defineProperty(EpicsError.prototype, brand, { value: true });

/** Tells whether `error` was made by this package, by any copy of it, and has `code` when given. */
export function isEpicsError(error: unknown, code?: EpicsErrorCode): error is EpicsError {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false;
  return code === undefined || ('code' in error && error.code === code);
}

/** The message of anything that was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Anything that was thrown, as an Error. */
export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Our own deadline passed. */
export class TimeoutError extends EpicsError {
  override readonly name = 'TimeoutError';
  constructor(message: string, options?: EpicsErrorOptions) {
    super(EpicsErrorCode.Timeout, message, options);
  }
}

/** The link was lost during an operation, or is not there. */
export class DisconnectedError extends EpicsError {
  override readonly name = 'DisconnectedError';
  constructor(message: string, options?: EpicsErrorOptions) {
    super(EpicsErrorCode.Disconnected, message, options);
  }
}

/** The object was closed before or during the call. */
export class ClosedError extends EpicsError {
  override readonly name = 'ClosedError';
  constructor(message: string, options?: EpicsErrorOptions) {
    super(EpicsErrorCode.Closed, message, options);
  }
}

/** A server refused to create the channel, or no PV has the name. */
export class NotFoundError extends EpicsError {
  override readonly name = 'NotFoundError';
  constructor(message: string, options?: EpicsErrorOptions) {
    super(EpicsErrorCode.NotFound, message, options);
  }
}

export interface RemoteErrorOptions extends EpicsErrorOptions {
  /** Channel Access status, as ECA_ code. */
  readonly eca?: number;
  /** PVAccess status type: 2 ERROR, 3 FATAL. */
  readonly statusType?: number;
  /** PVAccess call tree, as the peer sent it. */
  readonly remoteStack?: string;
}

/** The peer answered with an error; its text is the message. */
export class RemoteError extends EpicsError {
  override readonly name = 'RemoteError';
  readonly eca: number | undefined;
  readonly statusType: number | undefined;
  readonly remoteStack: string;
  constructor(message: string, options: RemoteErrorOptions = {}) {
    super(EpicsErrorCode.Remote, message, options);
    this.eca = options.eca;
    this.statusType = options.statusType;
    this.remoteStack = options.remoteStack ?? '';
  }
}

/** The client lacks the right to do this. */
export class AccessError extends EpicsError {
  override readonly name = 'AccessError';
  readonly right: 'read' | 'write' | 'call';
  constructor(message: string, right: 'read' | 'write' | 'call', options?: EpicsErrorOptions) {
    super(EpicsErrorCode.Access, message, options);
    this.right = right;
  }
}

/** The shape (structure, array, scalar, count) does not fit. */
export class TypeMismatchError extends EpicsError {
  override readonly name = 'TypeMismatchError';
  constructor(message: string, options?: EpicsErrorOptions) {
    super(EpicsErrorCode.Type, message, options);
  }
}

/** The text or number cannot be converted to the wanted type or range. */
export class ConversionError extends EpicsError {
  override readonly name = 'ConversionError';
  constructor(message: string, options?: EpicsErrorOptions) {
    super(EpicsErrorCode.Convert, message, options);
  }
}

/** There is no such field. */
export class FieldError extends EpicsError {
  override readonly name = 'FieldError';
  readonly path: string;
  constructor(message: string, path: string, options?: EpicsErrorOptions) {
    super(EpicsErrorCode.Field, message, options);
    this.path = path;
  }
}

/** The peer broke the protocol. `offset` is in bytes from the start of the message, -1 when unknown. */
export class ProtocolError extends EpicsError {
  override readonly name = 'ProtocolError';
  readonly offset: number;
  constructor(message: string, offset = -1, options?: EpicsErrorOptions) {
    super(EpicsErrorCode.Protocol, message, options);
    this.offset = offset;
  }
}

/** Our own caller broke the rules of a protocol core. */
export class ProtocolMisuseError extends EpicsError {
  override readonly name = 'ProtocolMisuseError';
  constructor(message: string, options?: EpicsErrorOptions) {
    super(EpicsErrorCode.Misuse, message, options);
  }
}

/** A size, depth or count is beyond its limit. */
export class LimitError extends EpicsError {
  override readonly name = 'LimitError';
  constructor(message: string, options?: EpicsErrorOptions) {
    super(EpicsErrorCode.Limit, message, options);
  }
}

export interface ConfigErrorOptions extends EpicsErrorOptions {
  readonly key?: string;
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
}

/** A setting, a file or an option is wrong. */
export class ConfigError extends EpicsError {
  override readonly name = 'ConfigError';
  readonly key: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
  constructor(message: string, options: ConfigErrorOptions = {}) {
    super(EpicsErrorCode.Config, message, options);
    this.key = options.key;
    this.file = options.file;
    this.line = options.line;
  }
}

/** A bug of ours. */
export class InternalError extends EpicsError {
  override readonly name = 'InternalError';
  constructor(message: string, options?: EpicsErrorOptions) {
    super(EpicsErrorCode.Internal, message, options);
  }
}
