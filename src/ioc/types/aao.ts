import type { PvValue } from '../../pv/index.ts';
import { latchAlarm } from '../alarm-latch.ts';
import type { FieldDef } from '../dbd/field-def.ts';
import { AaoFields, aaoFields } from '../dbd/tables/aao.ts';
import { softDevices, writeOutput } from '../device/soft.ts';
import { fieldElement } from '../field-value.ts';
import { stampTime } from '../process.ts';
import type { RecordType } from '../record.ts';
import { defineType } from './common.ts';

/** Array output. @see epics-base modules/database/src/std/rec/aaoRecord.c */
export class AaoRecord extends AaoFields {
  protected override loadValue(): void {
    if (this.OMSL === 1) this.loadConstant('DOL');
  }

  override start(): Promise<void> | undefined {
    if (this.OMSL === 1 && this.DOL.kind === 'pv') {
      const desired = this.context.links.readArray(this, 'DOL', this.NELM);
      if (desired !== undefined) this.storeValue(desired);
    }
    stampTime(this);
    this.UDF = 0;
    return writeOutput(this, this.VAL, fieldElement(this, this.type.byName.get('VAL') as FieldDef));
  }

  override outputValue(): PvValue {
    return this.VAL;
  }

  override finish(): void {
    this.postValue(latchAlarm(this));
  }
}

/** Record type `aao`. */
export const aaoType: RecordType = defineType('aao', aaoFields, softDevices, (init) => new AaoRecord(init));
