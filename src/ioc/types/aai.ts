import { aaiFields } from '../dbd/tables/aai.ts';
import { softDevices } from '../device/soft.ts';
import type { RecordType } from '../record.ts';
import { ArrayInput } from './array-record.ts';
import { defineType } from './common.ts';

/** Array input whose device may own the buffer. @see epics-base modules/database/src/std/rec/aaiRecord.c */
export class AaiRecord extends ArrayInput {}

/** Record type `aai`. */
export const aaiType: RecordType = defineType('aai', aaiFields, softDevices, (init) => new AaiRecord(init));
