import { Int64outFields, int64outFields } from '../dbd/tables/int64out.ts';
import { softDevices } from '../device/soft.ts';
import type { RecordType } from '../record.ts';
import { defineType } from './common.ts';
import { type IntegerWidth, width64 } from './integer-width.ts';

/** 64-bit integer output. @see epics-base modules/database/src/std/rec/int64outRecord.c */
export class Int64outRecord extends Int64outFields {
  protected override get width(): IntegerWidth<bigint> {
    return width64;
  }
}

/** Record type `int64out`. */
export const int64outType: RecordType = defineType(
  'int64out',
  int64outFields,
  softDevices,
  (init) => new Int64outRecord(init),
);
