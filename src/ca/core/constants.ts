/** Minor protocol version spoken here: 4.13. */
export const MINOR_VERSION = 13;
/** Oldest minor version of a peer that is accepted. */
export const MIN_MINOR_VERSION = 4;

/** Default UDP and TCP port of servers. */
export const DEFAULT_SERVER_PORT = 5064;
/** Default UDP port of the repeater, where beacons go. */
export const DEFAULT_REPEATER_PORT = 5065;

/** Bytes of the standard message header. */
export const HEADER_BYTES = 16;
/** Bytes of the extended message header, for payloads or counts of 0xffff and more. */
export const EXTENDED_HEADER_BYTES = 24;
/** Largest payload of a standard header, in bytes. */
export const MAX_STANDARD_PAYLOAD = 0xfff8;
/** Largest element count of a standard header. */
export const MAX_STANDARD_COUNT = 0xfffe;
/** Largest datagram sent, in bytes. */
export const MAX_DATAGRAM_BYTES = 1024;
/** Largest ERROR payload, in bytes: the quoted header and the text. */
export const MAX_ERROR_PAYLOAD = 512;
/** Default bound of one received message, in bytes. */
export const DEFAULT_MAX_MESSAGE_BYTES: number = 256 * 1024 * 1024;
/** Longest PV name taken from a peer, in bytes. */
export const MAX_NAME_BYTES: number = 16 * 1024;
/** Longest user or host name taken from a peer, in bytes with the NUL. */
export const MAX_IDENTITY_BYTES = 512;
/** Highest circuit priority. */
export const MAX_PRIORITY = 99;

/** Bytes of a DBR string with its NUL. */
export const STRING_BYTES = 40;
/** Bytes of the units text with its NUL. */
export const UNITS_BYTES = 8;
/** Bytes of one enumeration label. */
export const ENUM_STRING_BYTES = 26;
/** Labels that an enumeration has at most on the wire. */
export const MAX_ENUM_STRINGS = 16;

/** `dataType` of SEARCH: stay silent when the name is unknown. */
export const DONTREPLY = 5;
/** `dataType` of SEARCH: answer NOT_FOUND when the name is unknown (TCP only). */
export const DOREPLY = 10;
/** p1 of a search reply: use the sender's address. */
export const ADDRESS_OF_SENDER = 0xffff_ffff;

export const CMD_VERSION = 0;
export const CMD_EVENT_ADD = 1;
export const CMD_EVENT_CANCEL = 2;
/** Deprecated read without status in the reply. */
export const CMD_READ = 3;
export const CMD_WRITE = 4;
export const CMD_SEARCH = 6;
export const CMD_EVENTS_OFF = 8;
export const CMD_EVENTS_ON = 9;
/** Predecessor of ECHO. */
export const CMD_READ_SYNC = 10;
export const CMD_ERROR = 11;
export const CMD_CLEAR_CHANNEL = 12;
/** Server beacon. */
export const CMD_RSRV_IS_UP = 13;
export const CMD_NOT_FOUND = 14;
export const CMD_READ_NOTIFY = 15;
export const CMD_REPEATER_CONFIRM = 17;
export const CMD_CREATE_CHAN = 18;
export const CMD_WRITE_NOTIFY = 19;
export const CMD_CLIENT_NAME = 20;
export const CMD_HOST_NAME = 21;
export const CMD_ACCESS_RIGHTS = 22;
export const CMD_ECHO = 23;
export const CMD_REPEATER_REGISTER = 24;
export const CMD_CREATE_CH_FAIL = 26;
export const CMD_SERVER_DISCONN = 27;

const commandNames: Readonly<Record<number, string>> = {
  [CMD_VERSION]: 'VERSION',
  [CMD_EVENT_ADD]: 'EVENT_ADD',
  [CMD_EVENT_CANCEL]: 'EVENT_CANCEL',
  [CMD_READ]: 'READ',
  [CMD_WRITE]: 'WRITE',
  [CMD_SEARCH]: 'SEARCH',
  [CMD_EVENTS_OFF]: 'EVENTS_OFF',
  [CMD_EVENTS_ON]: 'EVENTS_ON',
  [CMD_READ_SYNC]: 'READ_SYNC',
  [CMD_ERROR]: 'ERROR',
  [CMD_CLEAR_CHANNEL]: 'CLEAR_CHANNEL',
  [CMD_RSRV_IS_UP]: 'RSRV_IS_UP',
  [CMD_NOT_FOUND]: 'NOT_FOUND',
  [CMD_READ_NOTIFY]: 'READ_NOTIFY',
  [CMD_REPEATER_CONFIRM]: 'REPEATER_CONFIRM',
  [CMD_CREATE_CHAN]: 'CREATE_CHAN',
  [CMD_WRITE_NOTIFY]: 'WRITE_NOTIFY',
  [CMD_CLIENT_NAME]: 'CLIENT_NAME',
  [CMD_HOST_NAME]: 'HOST_NAME',
  [CMD_ACCESS_RIGHTS]: 'ACCESS_RIGHTS',
  [CMD_ECHO]: 'ECHO',
  [CMD_REPEATER_REGISTER]: 'REPEATER_REGISTER',
  [CMD_CREATE_CH_FAIL]: 'CREATE_CH_FAIL',
  [CMD_SERVER_DISCONN]: 'SERVER_DISCONN',
};

/** The protocol's name of a command code, `command 77` for an unknown one. */
export function commandName(command: number): string {
  return commandNames[command] ?? `command ${command}`;
}
