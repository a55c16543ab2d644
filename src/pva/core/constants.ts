/** First byte of every message. */
export const PVA_MAGIC = 0xca;
/** Protocol version that we write into headers. Any version from 1 on is accepted. */
export const PVA_VERSION = 2;
/** Bytes of a message header. */
export const HEADER_BYTES = 8;

// Header flags.
export const FLAG_CONTROL = 0x01;
export const FLAG_SEGMENT_MASK = 0x30;
export const FLAG_SEGMENT_FIRST = 0x10;
export const FLAG_SEGMENT_LAST = 0x20;
export const FLAG_SEGMENT_MIDDLE = 0x30;
export const FLAG_FROM_SERVER = 0x40;
export const FLAG_BIG_ENDIAN = 0x80;

// Control messages: the header's size is a data word, and no payload follows.
export const CTRL_SET_MARKER = 0;
export const CTRL_ACK_MARKER = 1;
export const CTRL_SET_ENDIAN = 2;
export const CTRL_ECHO_REQUEST = 3;
export const CTRL_ECHO_RESPONSE = 4;

// Application messages.
export const CMD_BEACON = 0;
export const CMD_CONNECTION_VALIDATION = 1;
export const CMD_ECHO = 2;
export const CMD_SEARCH = 3;
export const CMD_SEARCH_RESPONSE = 4;
export const CMD_AUTHNZ = 5;
export const CMD_ACL_CHANGE = 6;
export const CMD_CREATE_CHANNEL = 7;
export const CMD_DESTROY_CHANNEL = 8;
export const CMD_CONNECTION_VALIDATED = 9;
export const CMD_GET = 10;
export const CMD_PUT = 11;
export const CMD_PUT_GET = 12;
export const CMD_MONITOR = 13;
export const CMD_ARRAY = 14;
export const CMD_DESTROY_REQUEST = 15;
export const CMD_PROCESS = 16;
export const CMD_GET_FIELD = 17;
export const CMD_MESSAGE = 18;
export const CMD_MULTIPLE_DATA = 19;
export const CMD_RPC = 20;
export const CMD_CANCEL_REQUEST = 21;
export const CMD_ORIGIN_TAG = 22;

// Bits of an operation's sub-command.
export const SUB_START_STOP = 0x04;
export const SUB_INIT = 0x08;
export const SUB_DESTROY = 0x10;
export const SUB_GET = 0x40;
export const SUB_GET_PUT = 0x80;
/** MONITOR: start. Without `SUB_GET` it is stop. */
export const SUB_START = 0x44;
/** MONITOR: the message carries a count of free places. */
export const SUB_PIPELINE = 0x80;

/** Server id in the reply to a channel that was refused. */
export const NO_SID = 0xffffffff;
/** What we announce as receive buffer; informative. */
export const ANNOUNCED_BUFFER_BYTES = 0x10000;
/** What we announce as size of the type cache. */
export const ANNOUNCED_REGISTRY_SIZE = 0x7fff;

/** Default TCP port of servers. */
export const PVA_SERVER_PORT = 5075;
/** Default UDP port of searches and beacons. */
export const PVA_BROADCAST_PORT = 5076;
/** Multicast group in which processes of one host pass searches on to each other. */
export const PVA_LOCAL_GROUP = '224.0.0.128';

// Bits of an ACL_CHANGE.
export const ACL_PUT = 0x01;
export const ACL_PUT_GET = 0x02;
export const ACL_RPC = 0x04;

const COMMAND_NAMES: readonly string[] = [
  'BEACON',
  'CONNECTION_VALIDATION',
  'ECHO',
  'SEARCH',
  'SEARCH_RESPONSE',
  'AUTHNZ',
  'ACL_CHANGE',
  'CREATE_CHANNEL',
  'DESTROY_CHANNEL',
  'CONNECTION_VALIDATED',
  'GET',
  'PUT',
  'PUT_GET',
  'MONITOR',
  'ARRAY',
  'DESTROY_REQUEST',
  'PROCESS',
  'GET_FIELD',
  'MESSAGE',
  'MULTIPLE_DATA',
  'RPC',
  'CANCEL_REQUEST',
  'ORIGIN_TAG',
];

/** Name of an application message, for errors and logs. */
export function commandName(command: number): string {
  return COMMAND_NAMES[command] ?? `command ${command}`;
}
