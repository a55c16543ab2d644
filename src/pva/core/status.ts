import { readString, writeString } from '../../pvdata/index.ts';
import type { BytesReader, BytesWriter } from '../../util/index.ts';

/** Kinds of status; OK and WARNING are successes. */
export const StatusType = { Ok: 0, Warning: 1, Error: 2, Fatal: 3 } as const;
export type StatusType = (typeof StatusType)[keyof typeof StatusType];

/** Outcome of a request, as the server states it. */
export interface Status {
  readonly type: StatusType;
  readonly message: string;
  /** Call tree of the server; C++ servers put a hint here. */
  readonly callTree: string;
}

/** Success without text. */
export const okStatus: Status = { type: StatusType.Ok, message: '', callTree: '' };

export function makeStatus(type: StatusType, message: string, callTree = ''): Status {
  return { type, message, callTree };
}

/** An ERROR with text. */
export function errorStatus(message: string): Status {
  return { type: StatusType.Error, message, callTree: '' };
}

/** Tells whether the request succeeded, be it with a warning. */
export function isSuccess(status: Status): boolean {
  return status.type <= StatusType.Warning;
}

/** Reads a status. Unknown types count as FATAL. */
export function readStatus(reader: BytesReader): Status {
  const type = reader.u8();
  if (type === 0xff) return okStatus;
  const message = readString(reader);
  const callTree = readString(reader);
  return { type: type <= StatusType.Fatal ? (type as StatusType) : StatusType.Fatal, message, callTree };
}

/** Writes a status; OK without text is the single byte `FF`. */
export function writeStatus(writer: BytesWriter, status: Status): void {
  if (status.type === StatusType.Ok && status.message === '' && status.callTree === '') {
    writer.u8(0xff);
    return;
  }
  writer.u8(status.type);
  writeString(writer, status.message);
  writeString(writer, status.callTree);
}
