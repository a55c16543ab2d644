import { AccessError, EpicsErrorCode, errorText, isEpicsError, RemoteError } from '../util/index.ts';

const ECA_TOLARGE = 72;
const ECA_TIMEOUT = 80;
const ECA_BADTYPE = 114;
const ECA_INTERNAL = 142;
const ECA_GETFAIL = 152;
const ECA_PUTFAIL = 160;
const ECA_DISCONN = 192;
const ECA_NORDACCESS = 368;
const ECA_NOWTACCESS = 376;

/** What was asked for when the error came up; decides between the read and the write status of CA. */
export type ErrorOperation = 'read' | 'write';

// 0 stands for ECA_GETFAIL or ECA_PUTFAIL, as the operation was.
const ecaOfCode: Readonly<Record<EpicsErrorCode, number>> = {
  [EpicsErrorCode.Timeout]: ECA_TIMEOUT,
  [EpicsErrorCode.Disconnected]: ECA_DISCONN,
  [EpicsErrorCode.Closed]: ECA_DISCONN,
  [EpicsErrorCode.NotFound]: 0,
  [EpicsErrorCode.Remote]: 0,
  [EpicsErrorCode.Access]: ECA_NOWTACCESS,
  [EpicsErrorCode.Type]: ECA_BADTYPE,
  [EpicsErrorCode.Convert]: 0,
  [EpicsErrorCode.Field]: 0,
  [EpicsErrorCode.Protocol]: ECA_INTERNAL,
  [EpicsErrorCode.Misuse]: ECA_INTERNAL,
  [EpicsErrorCode.Limit]: ECA_TOLARGE,
  [EpicsErrorCode.Config]: 0,
  [EpicsErrorCode.Internal]: ECA_INTERNAL,
};

/**
 * The CA status that tells a client of `error`: its own when the error came from another CA server, else by its
 * code; `ECA_GETFAIL` or `ECA_PUTFAIL` for anything unknown.
 */
export function errorToEca(error: unknown, operation: ErrorOperation = 'write'): number {
  const failed = operation === 'read' ? ECA_GETFAIL : ECA_PUTFAIL;
  if (!isEpicsError(error)) return failed;
  const own: unknown = 'eca' in error ? error.eca : undefined;
  if (typeof own === 'number' && own > 0) return own;
  if (error.code === EpicsErrorCode.Access) {
    const isRead = 'right' in error ? error.right === 'read' : operation === 'read';
    return isRead ? ECA_NORDACCESS : ECA_NOWTACCESS;
  }
  return ecaOfCode[error.code] || failed;
}

/** The error that a CA status from a server stands for; the status is kept in it. */
export function ecaToError(eca: number, message: string, pvName?: string): AccessError | RemoteError {
  const options = pvName === undefined ? {} : { pvName };
  if (eca === ECA_NORDACCESS) return new AccessError(message, 'read', options);
  if (eca === ECA_NOWTACCESS) return new AccessError(message, 'write', options);
  return new RemoteError(message, { ...options, eca });
}

/** Type of a PVAccess status. */
export const StatusType = { Ok: 0, Warning: 1, Error: 2, Fatal: 3 } as const;
export type StatusType = (typeof StatusType)[keyof typeof StatusType];

/** The three parts of a PVAccess status. */
export interface StatusParts {
  readonly type: StatusType;
  readonly message: string;
  /** Call tree; only what another server sent, never our own. */
  readonly stack: string;
}

const statusOfCode: Readonly<Record<EpicsErrorCode, StatusType>> = {
  [EpicsErrorCode.Timeout]: StatusType.Error,
  [EpicsErrorCode.Disconnected]: StatusType.Error,
  [EpicsErrorCode.Closed]: StatusType.Error,
  [EpicsErrorCode.NotFound]: StatusType.Error,
  [EpicsErrorCode.Remote]: StatusType.Error,
  [EpicsErrorCode.Access]: StatusType.Error,
  [EpicsErrorCode.Type]: StatusType.Error,
  [EpicsErrorCode.Convert]: StatusType.Error,
  [EpicsErrorCode.Field]: StatusType.Error,
  [EpicsErrorCode.Protocol]: StatusType.Error,
  [EpicsErrorCode.Misuse]: StatusType.Fatal,
  [EpicsErrorCode.Limit]: StatusType.Error,
  [EpicsErrorCode.Config]: StatusType.Error,
  [EpicsErrorCode.Internal]: StatusType.Fatal,
};

/** The PVAccess status that tells a client of `error`. Errors of another PVA server pass unchanged. */
export function errorToStatus(error: unknown): StatusParts {
  const message = errorText(error);
  if (!isEpicsError(error)) return { type: StatusType.Error, message, stack: '' };
  if (error.code === EpicsErrorCode.Remote) {
    const type: unknown = 'statusType' in error ? error.statusType : undefined;
    const stack: unknown = 'remoteStack' in error ? error.remoteStack : undefined;
    return {
      type: type === StatusType.Fatal ? StatusType.Fatal : StatusType.Error,
      message,
      stack: typeof stack === 'string' ? stack : '',
    };
  }
  return { type: statusOfCode[error.code], message, stack: '' };
}

/** The error that a PVAccess status from a server stands for; its parts are kept. */
export function statusToError(status: StatusParts, pvName?: string): RemoteError {
  const options = { statusType: status.type, remoteStack: status.stack };
  const text = status.message === '' ? 'the server gave no reason' : status.message;
  return new RemoteError(text, pvName === undefined ? options : { ...options, pvName });
}
