/** Channel Access status codes: `(number << 3) | class`, class 0 warning, 1 success, 2 error, 3 info, 4 severe, 6 fatal. */
export const ECA_NORMAL = 1;
export const ECA_MAXIOC = 10;
export const ECA_UKNHOST = 18;
export const ECA_UKNSERV = 26;
export const ECA_SOCK = 34;
export const ECA_CONN = 40;
export const ECA_ALLOCMEM = 48;
export const ECA_UKNCHAN = 56;
export const ECA_UKNFIELD = 64;
export const ECA_TOLARGE = 72;
export const ECA_TIMEOUT = 80;
export const ECA_NOSUPPORT = 88;
export const ECA_STRTOBIG = 96;
export const ECA_DISCONNCHID = 106;
export const ECA_BADTYPE = 114;
export const ECA_CHIDNOTFND = 123;
export const ECA_CHIDRETRY = 131;
export const ECA_INTERNAL = 142;
export const ECA_DBLCLFAIL = 144;
export const ECA_GETFAIL = 152;
export const ECA_PUTFAIL = 160;
export const ECA_ADDFAIL = 168;
export const ECA_BADCOUNT = 176;
export const ECA_BADSTR = 186;
export const ECA_DISCONN = 192;
export const ECA_DBLCHNL = 200;
export const ECA_EVDISALLOW = 210;
export const ECA_BUILDGET = 216;
export const ECA_NEEDSFP = 224;
export const ECA_OVEVFAIL = 232;
export const ECA_BADMONID = 242;
export const ECA_NEWADDR = 248;
export const ECA_NEWCONN = 259;
export const ECA_NOCACTX = 264;
export const ECA_DEFUNCT = 278;
export const ECA_EMPTYSTR = 280;
export const ECA_NOREPEATER = 288;
export const ECA_NOCHANMSG = 296;
export const ECA_DLCKREST = 304;
export const ECA_SERVBEHIND = 312;
export const ECA_NOCAST = 320;
export const ECA_BADMASK = 330;
export const ECA_IODONE = 339;
export const ECA_IOINPROGRESS = 347;
export const ECA_BADSYNCGRP = 354;
export const ECA_PUTCBINPROG = 362;
export const ECA_NORDACCESS = 368;
export const ECA_NOWTACCESS = 376;
export const ECA_ANACHRONISM = 386;
export const ECA_NOSEARCHADDR = 392;
export const ECA_NOCONVERT = 400;
export const ECA_BADCHID = 410;
export const ECA_BADFUNCPTR = 418;
export const ECA_ISATTACHED = 424;
export const ECA_UNAVAILINSERV = 432;
export const ECA_CHANDESTROY = 440;
export const ECA_BADPRIORITY = 450;
export const ECA_NOTTHREADED = 458;
export const ECA_16KARRAYCLIENT = 464;
export const ECA_CONNSEQTMO = 472;
export const ECA_UNRESPTMO = 480;

const statusTable: readonly (readonly [code: number, name: string, text: string])[] = [
  [ECA_NORMAL, 'ECA_NORMAL', 'Normal successful completion'],
  [ECA_MAXIOC, 'ECA_MAXIOC', 'Maximum simultaneous IOC connections exceeded'],
  [ECA_UKNHOST, 'ECA_UKNHOST', 'Unknown internet host'],
  [ECA_UKNSERV, 'ECA_UKNSERV', 'Unknown internet service'],
  [ECA_SOCK, 'ECA_SOCK', 'Unable to allocate a new socket'],
  [ECA_CONN, 'ECA_CONN', 'Unable to connect to internet host or service'],
  [ECA_ALLOCMEM, 'ECA_ALLOCMEM', 'Unable to allocate additional dynamic memory'],
  [ECA_UKNCHAN, 'ECA_UKNCHAN', 'Unknown IO channel'],
  [ECA_UKNFIELD, 'ECA_UKNFIELD', 'Record field specified inappropriate for channel specified'],
  [
    ECA_TOLARGE,
    'ECA_TOLARGE',
    'The requested data transfer is greater than available memory or EPICS_CA_MAX_ARRAY_BYTES',
  ],
  [ECA_TIMEOUT, 'ECA_TIMEOUT', 'User specified timeout on IO operation expired'],
  [ECA_NOSUPPORT, 'ECA_NOSUPPORT', 'Sorry, that feature is planned but not supported at this time'],
  [ECA_STRTOBIG, 'ECA_STRTOBIG', 'The supplied string is unusually large'],
  [
    ECA_DISCONNCHID,
    'ECA_DISCONNCHID',
    'The request was ignored because the specified channel is disconnected',
  ],
  [ECA_BADTYPE, 'ECA_BADTYPE', 'The data type specifed is invalid'],
  [ECA_CHIDNOTFND, 'ECA_CHIDNOTFND', 'Remote Channel not found'],
  [ECA_CHIDRETRY, 'ECA_CHIDRETRY', 'Unable to locate all user specified channels'],
  [ECA_INTERNAL, 'ECA_INTERNAL', 'Channel Access Internal Failure'],
  [ECA_DBLCLFAIL, 'ECA_DBLCLFAIL', 'The requested local DB operation failed'],
  [ECA_GETFAIL, 'ECA_GETFAIL', 'Channel read request failed'],
  [ECA_PUTFAIL, 'ECA_PUTFAIL', 'Channel write request failed'],
  [ECA_ADDFAIL, 'ECA_ADDFAIL', 'Channel subscription request failed'],
  [ECA_BADCOUNT, 'ECA_BADCOUNT', 'Invalid element count requested'],
  [ECA_BADSTR, 'ECA_BADSTR', 'Invalid string'],
  [ECA_DISCONN, 'ECA_DISCONN', 'Virtual circuit disconnect'],
  [ECA_DBLCHNL, 'ECA_DBLCHNL', 'Identical process variable names on multiple servers'],
  [ECA_EVDISALLOW, 'ECA_EVDISALLOW', 'Request inappropriate within subscription (monitor) update callback'],
  [ECA_BUILDGET, 'ECA_BUILDGET', 'Database value get for that channel failed during channel search'],
  [ECA_NEEDSFP, 'ECA_NEEDSFP', 'Unable to initialize without the vxWorks VX_FP_TASK task option set'],
  [ECA_OVEVFAIL, 'ECA_OVEVFAIL', 'Event queue overflow has prevented first pass event after event add'],
  [ECA_BADMONID, 'ECA_BADMONID', 'Bad event subscription (monitor) identifier'],
  [ECA_NEWADDR, 'ECA_NEWADDR', 'Remote channel has new network address'],
  [ECA_NEWCONN, 'ECA_NEWCONN', 'New or resumed network connection'],
  [ECA_NOCACTX, 'ECA_NOCACTX', "Specified task isn't a member of a CA context"],
  [ECA_DEFUNCT, 'ECA_DEFUNCT', 'Attempt to use defunct CA feature failed'],
  [ECA_EMPTYSTR, 'ECA_EMPTYSTR', 'The supplied string is empty'],
  [ECA_NOREPEATER, 'ECA_NOREPEATER', 'Unable to spawn the CA repeater thread- auto reconnect will fail'],
  [ECA_NOCHANMSG, 'ECA_NOCHANMSG', 'No channel id match for search reply- search reply ignored'],
  [ECA_DLCKREST, 'ECA_DLCKREST', 'Reseting dead connection- will try to reconnect'],
  [ECA_SERVBEHIND, 'ECA_SERVBEHIND', 'Server (IOC) has fallen behind or is not responding- still waiting'],
  [ECA_NOCAST, 'ECA_NOCAST', 'No internet interface with broadcast available'],
  [ECA_BADMASK, 'ECA_BADMASK', 'Invalid event selection mask'],
  [ECA_IODONE, 'ECA_IODONE', 'IO operations have completed'],
  [ECA_IOINPROGRESS, 'ECA_IOINPROGRESS', 'IO operations are in progress'],
  [ECA_BADSYNCGRP, 'ECA_BADSYNCGRP', 'Invalid synchronous group identifier'],
  [ECA_PUTCBINPROG, 'ECA_PUTCBINPROG', 'Put callback timed out'],
  [ECA_NORDACCESS, 'ECA_NORDACCESS', 'Read access denied'],
  [ECA_NOWTACCESS, 'ECA_NOWTACCESS', 'Write access denied'],
  [ECA_ANACHRONISM, 'ECA_ANACHRONISM', 'Requested feature is no longer supported'],
  [ECA_NOSEARCHADDR, 'ECA_NOSEARCHADDR', 'Empty PV search address list'],
  [ECA_NOCONVERT, 'ECA_NOCONVERT', 'No reasonable data conversion between client and server types'],
  [ECA_BADCHID, 'ECA_BADCHID', 'Invalid channel identifier'],
  [ECA_BADFUNCPTR, 'ECA_BADFUNCPTR', 'Invalid function pointer'],
  [ECA_ISATTACHED, 'ECA_ISATTACHED', 'Thread is already attached to a client context'],
  [ECA_UNAVAILINSERV, 'ECA_UNAVAILINSERV', 'Not supported by attached service'],
  [ECA_CHANDESTROY, 'ECA_CHANDESTROY', 'User destroyed channel'],
  [ECA_BADPRIORITY, 'ECA_BADPRIORITY', 'Invalid channel priority'],
  [
    ECA_NOTTHREADED,
    'ECA_NOTTHREADED',
    'Preemptive callback not enabled - additional threads may not join context',
  ],
  [
    ECA_16KARRAYCLIENT,
    'ECA_16KARRAYCLIENT',
    "Client's protocol revision does not support transfers exceeding 16k bytes",
  ],
  [ECA_CONNSEQTMO, 'ECA_CONNSEQTMO', 'Virtual circuit connection sequence aborted'],
  [ECA_UNRESPTMO, 'ECA_UNRESPTMO', 'Virtual circuit unresponsive'],
];

/** The protocol's name of a status, such as `ECA_NORMAL`; `ECA 0x1234` for one that is not in the table. */
export function ecaName(code: number): string {
  const entry = statusTable[code >>> 3];
  return entry !== undefined && entry[0] === code ? entry[1] : `ECA 0x${code.toString(16)}`;
}

/**
 * The text of a status, spelled as the reference client prints it.
 *
 * @see epics-base modules/ca/src/client/access.cpp, ca_message_text
 */
export function ecaMessage(code: number): string {
  const entry = statusTable[code >>> 3];
  if (entry !== undefined) return entry[2];
  return 'new CA message number known only by server - see caerr.h';
}

/** Tells whether a status means success: its lowest bit. */
export function isEcaSuccess(code: number): boolean {
  return (code & 1) === 1;
}

/** All known statuses, in order of their numbers. */
export function ecaTable(): readonly {
  readonly code: number;
  readonly name: string;
  readonly text: string;
}[] {
  return statusTable.map(([code, name, text]) => ({ code, name, text }));
}
