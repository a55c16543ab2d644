import { LongoutFields, longoutFields } from '../dbd/tables/longout.ts';
import { softDevices } from '../device/soft.ts';
import type { RecordType } from '../record.ts';
import { defineType } from './common.ts';
import { type IntegerWidth, width32 } from './integer-width.ts';

const Oopt = { EveryTime: 0, OnChange: 1, WhenZero: 2, WhenNonZero: 3, ToZero: 4, ToNonZero: 5 } as const;

/** 32-bit integer output. @see epics-base modules/database/src/std/rec/longoutRecord.c */
export class LongoutRecord extends LongoutFields {
  // The first processing, and the first after OUT was changed, write whatever OOPT says.
  #isArmed = true;

  protected override get width(): IntegerWidth<number> {
    return width32;
  }

  override initRecord(): void {
    super.initRecord();
    this.PVAL = this.VAL;
  }

  /** Whether OOPT lets this processing write. */
  protected override isDue(): boolean {
    const before = this.PVAL;
    const isArmed = this.#isArmed;
    this.PVAL = this.VAL;
    this.#isArmed = false;
    switch (this.OOPT) {
      case Oopt.OnChange:
        return isArmed || this.VAL !== before;
      case Oopt.WhenZero:
        return this.VAL === 0;
      case Oopt.WhenNonZero:
        return this.VAL !== 0;
      case Oopt.ToZero:
        return before !== 0 && this.VAL === 0;
      case Oopt.ToNonZero:
        return before === 0 && this.VAL !== 0;
      default:
        return true;
    }
  }

  override special(field: string, isAfter: boolean): void {
    if (field !== 'OUT') super.special(field, isAfter);
    else if (isAfter && this.OOCH === 1) this.#isArmed = true;
  }
}

/** Record type `longout`. */
export const longoutType: RecordType = defineType(
  'longout',
  longoutFields,
  softDevices,
  (init) => new LongoutRecord(init),
);
