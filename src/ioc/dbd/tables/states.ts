import { SimulatedRecord } from '../../types/simulated-record.ts';

const NAMES = [
  'ZR',
  'ON',
  'TW',
  'TH',
  'FR',
  'FV',
  'SX',
  'SV',
  'EI',
  'NI',
  'TE',
  'EL',
  'TV',
  'TT',
  'FT',
  'FF',
];

/** Names of the 16 state values, ZRVL..FFVL. */
export const stateValueFields: readonly string[] = NAMES.map((name) => `${name}VL`);
/** Names of the 16 state texts, ZRST..FFST. */
export const stateTextFields: readonly string[] = NAMES.map((name) => `${name}ST`);
/** Names of the 16 state severities, ZRSV..FFSV. */
export const stateSeverityFields: readonly string[] = NAMES.map((name) => `${name}SV`);

/** Rows of the states of mbbi and mbbo, in DBD order. */
export const stateRows: string = [
  ...stateValueFields.map((name) => `${name} ulong mod pp hex i1`),
  ...stateTextFields.map((name) => `${name} string[26] mod pp prop i1`),
  ...stateSeverityFields.map((name) => `${name} menu:menuAlarmSevr pp i1`),
].join('\n');

/** Storage of the states of mbbi and mbbo. */
export abstract class StateFields extends SimulatedRecord {
  ZRVL = 0;
  ONVL = 0;
  TWVL = 0;
  THVL = 0;
  FRVL = 0;
  FVVL = 0;
  SXVL = 0;
  SVVL = 0;
  EIVL = 0;
  NIVL = 0;
  TEVL = 0;
  ELVL = 0;
  TVVL = 0;
  TTVL = 0;
  FTVL = 0;
  FFVL = 0;
  ZRST = '';
  ONST = '';
  TWST = '';
  THST = '';
  FRST = '';
  FVST = '';
  SXST = '';
  SVST = '';
  EIST = '';
  NIST = '';
  TEST = '';
  ELST = '';
  TVST = '';
  TTST = '';
  FTST = '';
  FFST = '';
  ZRSV = 0;
  ONSV = 0;
  TWSV = 0;
  THSV = 0;
  FRSV = 0;
  FVSV = 0;
  SXSV = 0;
  SVSV = 0;
  EISV = 0;
  NISV = 0;
  TESV = 0;
  ELSV = 0;
  TVSV = 0;
  TTSV = 0;
  FTSV = 0;
  FFSV = 0;
}
