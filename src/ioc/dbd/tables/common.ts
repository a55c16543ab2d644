import { type Link, noLink } from '../../links/link.ts';
import { defineFields, type FieldDef } from '../field-def.ts';

/** Field table of dbCommon: the fields that every record type begins with, in DBD order. */
export const commonFields: readonly FieldDef[] = defineFields(`
NAME string[61] ro
DESC string[41]
ASG string[29] as
SCAN menu:menuScan scan i1
PINI menu:menuPini i1
PHAS short scan i1
EVNT string[40] scan i1
TSE short i1
TSEL inlink i1
DTYP device i1
DISV short =1
DISA short
SDIS inlink i1
MLOK noaccess ro i4
MLIS noaccess ro i4
BKLNK noaccess ro i4
DISP uchar i1
PROC uchar pp i3
STAT menu:menuAlarmStat ro =UDF
SEVR menu:menuAlarmSevr ro
AMSG string[40] ro
NSTA menu:menuAlarmStat ro i2
NSEV menu:menuAlarmSevr ro i2
NAMSG string[40] ro
ACKS menu:menuAlarmSevr ro i2
ACKT menu:menuYesNo ro i2 =YES
DISS menu:menuAlarmSevr i1
LCNT uchar ro i2
PACT uchar ro i1
PUTF uchar ro i1
RPRO uchar ro i1
ASP noaccess ro i4
PPN noaccess ro i4
PPNR noaccess ro i4
SPVT noaccess ro i4
RSET noaccess ro i4
DSET noaccess ro i4
DPVT noaccess ro i4
RDES noaccess ro i4
LSET noaccess ro i4
PRIO menu:menuPriority scan i1
TPRO uchar
BKPT noaccess ro i1
UDF uchar pp i1 =1
UDFS menu:menuAlarmSevr i1 =INVALID
TIME noaccess ro i2
UTAG uint64 ro i3
FLNK fwdlink i1
`);

/** Storage of the fields of dbCommon. */
export abstract class CommonFields {
  NAME = '';
  DESC = '';
  ASG = '';
  SCAN = 0;
  PINI = 0;
  PHAS = 0;
  EVNT = '';
  TSE = 0;
  TSEL: Link = noLink;
  DTYP = 0;
  DISV = 1;
  DISA = 0;
  SDIS: Link = noLink;
  DISP = 0;
  PROC = 0;
  STAT = 17;
  SEVR = 0;
  AMSG = '';
  NSTA = 0;
  NSEV = 0;
  NAMSG = '';
  ACKS = 0;
  ACKT = 1;
  DISS = 0;
  LCNT = 0;
  PACT = 0;
  PUTF = 0;
  RPRO = 0;
  PRIO = 0;
  TPRO = 0;
  UDF = 1;
  UDFS = 3;
  UTAG = 0n;
  FLNK: Link = noLink;
}
