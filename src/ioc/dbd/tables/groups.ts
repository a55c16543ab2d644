/** Rows of the simulation mode, with the choices of SIMM. */
export function simModeRows(menu: 'menuSimm' | 'menuYesNo'): string {
  return `SIML inlink i1
SIMM menu:${menu} mod i1
SIMS menu:menuAlarmSevr i2`;
}

/** Rows of the scan and delay of simulation. */
export const simScanRows = `OLDSIMM menu:menuSimm ro i4
SSCN menu:menuScan i1 =65535
SDLY double i2 =-1.0
SIMPVT noaccess ro i4`;

/** Rows of the four alarm limits and their severities. @param severity flags of the severities. */
export function alarmLimitRows(
  type: 'double' | 'long' | 'int64',
  severity: 'pp' | 'pp prop' = 'pp prop',
): string {
  return `HIHI ${type} pp prop i1
LOLO ${type} pp prop i1
HIGH ${type} pp prop i1
LOW ${type} pp prop i1
HHSV menu:menuAlarmSevr ${severity} i1
LLSV menu:menuAlarmSevr ${severity} i1
HSV menu:menuAlarmSevr ${severity} i1
LSV menu:menuAlarmSevr ${severity} i1`;
}

/** Rows of the deadbands, and of the values that alarms and events were last decided with. */
export function integerDeadbandRows(type: 'long' | 'int64'): string {
  return `ADEL ${type} i1
MDEL ${type} i1
LALM ${type} ro i3
ALST ${type} ro i3
MLST ${type} ro i3`;
}

/** Rows of an array's units and limits. */
export const arrayDisplayRows = `EGU string[16] prop i1
HOPR double prop i1
LOPR double prop i1`;
