import type { RecordType } from '../record.ts';
import { aaiType } from './aai.ts';
import { aaoType } from './aao.ts';
import { aiType } from './ai.ts';
import { aoType } from './ao.ts';
import { biType } from './bi.ts';
import { boType } from './bo.ts';
import { int64inType } from './int64in.ts';
import { int64outType } from './int64out.ts';
import { longinType } from './longin.ts';
import { longoutType } from './longout.ts';
import { lsiType } from './lsi.ts';
import { lsoType } from './lso.ts';
import { mbbiType } from './mbbi.ts';
import { mbboType } from './mbbo.ts';
import { stringinType } from './stringin.ts';
import { stringoutType } from './stringout.ts';
import { waveformType } from './waveform.ts';

/** The record types that come with the package, by name. */
export const recordTypes: ReadonlyMap<string, RecordType> = new Map(
  [
    aiType,
    aoType,
    biType,
    boType,
    longinType,
    longoutType,
    int64inType,
    int64outType,
    mbbiType,
    mbboType,
    stringinType,
    stringoutType,
    lsiType,
    lsoType,
    waveformType,
    aaiType,
    aaoType,
  ].map((type) => [type.name, type]),
);
