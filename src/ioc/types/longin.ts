import { LonginFields, longinFields } from '../dbd/tables/longin.ts';
import { softDevices } from '../device/soft.ts';
import type { RecordType } from '../record.ts';
import { defineType } from './common.ts';
import { type IntegerWidth, width32 } from './integer-width.ts';

/** 32-bit integer input. @see epics-base modules/database/src/std/rec/longinRecord.c */
export class LonginRecord extends LonginFields {
  protected override get width(): IntegerWidth<number> {
    return width32;
  }
}

/** Record type `longin`. */
export const longinType: RecordType = defineType(
  'longin',
  longinFields,
  softDevices,
  (init) => new LonginRecord(init),
);
