import { Int64inFields, int64inFields } from '../dbd/tables/int64in.ts';
import { softDevices } from '../device/soft.ts';
import type { RecordType } from '../record.ts';
import { defineType } from './common.ts';
import { type IntegerWidth, width64 } from './integer-width.ts';

/** 64-bit integer input. @see epics-base modules/database/src/std/rec/int64inRecord.c */
export class Int64inRecord extends Int64inFields {
  protected override get width(): IntegerWidth<bigint> {
    return width64;
  }
}

/** Record type `int64in`. */
export const int64inType: RecordType = defineType(
  'int64in',
  int64inFields,
  softDevices,
  (init) => new Int64inRecord(init),
);
