import type { EventMask, PvValue } from '../../pv/index.ts';
import { StateFields } from '../dbd/tables/states.ts';
import { deriveMask, deriveStates, stateChanged, stateTexts } from './multi-bit.ts';
import { postState, storeState } from './state-record.ts';

/** Base of mbbi and mbbo: up to 16 states with a value, a text and a severity each. */
export abstract class MultiBitRecord extends StateFields {
  VAL = 0;
  NOBT = 0;
  UNSV = 0;
  COSV = 0;
  RVAL = 0;
  ORAW = 0;
  MASK = 0;
  MLST = 0;
  LALM = 0;
  SDEF = 0;
  SHFT = 0;

  override initRecord(): void {
    super.initRecord();
    deriveStates(this);
    deriveMask(this);
  }

  override storeValue(value: PvValue): void {
    storeState(this, value);
  }

  override postValue(alarmMask: EventMask): void {
    postState(this, alarmMask);
  }

  override special(field: string, isAfter: boolean): void {
    if (field === 'SIMM') super.special(field, isAfter);
    else if (isAfter) stateChanged(this, field);
  }

  override choices(): readonly string[] {
    return stateTexts(this);
  }
}
