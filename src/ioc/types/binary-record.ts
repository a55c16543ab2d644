import { AlarmCondition, type EventMask, type PvValue } from '../../pv/index.ts';
import { SimulatedRecord } from './simulated-record.ts';
import { checkChangeAlarm, postState, storeState } from './state-record.ts';

/** Base of bi and bo: two states with a name and a severity each. */
export abstract class BinaryRecord extends SimulatedRecord {
  VAL = 0;
  ZSV = 0;
  OSV = 0;
  COSV = 0;
  ZNAM = '';
  ONAM = '';
  RVAL = 0;
  ORAW = 0;
  MASK = 0;
  LALM = 0;
  MLST = 0;

  override storeValue(value: PvValue): void {
    storeState(this, value);
  }

  /** State and change-of-state alarms. */
  protected checkAlarm(): void {
    this.raise(AlarmCondition.State, this.VAL === 0 ? this.ZSV : this.VAL === 1 ? this.OSV : 0);
    checkChangeAlarm(this);
  }

  override postValue(alarmMask: EventMask): void {
    postState(this, alarmMask);
  }

  /** One text when only ZNAM is set, else two. */
  override choices(): readonly string[] {
    return this.ONAM === '' && this.ZNAM !== '' ? [this.ZNAM] : [this.ZNAM, this.ONAM];
  }
}
