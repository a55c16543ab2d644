import { Event, type EventMask, type PvValue } from '../../pv/index.ts';
import { cutUtf8, utf8Length } from '../../util/index.ts';
import { bytesToText, firstElement, toText } from '../convert.ts';
import { SimulatedRecord } from './simulated-record.ts';

/** Bytes of a string field, without the closing NUL. */
const STRING_BYTES = 39;

/** Base of the four string record types: VAL is cut to what fits, and posted on change or by MPST and APST. */
export abstract class TextRecord extends SimulatedRecord {
  VAL = '';
  OVAL = '';
  MPST = 0;
  APST = 0;

  /** Bytes that VAL can have. */
  protected get capacity(): number {
    return STRING_BYTES;
  }

  override storeValue(value: PvValue): void {
    const text =
      value instanceof Int8Array || value instanceof Uint8Array
        ? bytesToText(value)
        : toText(firstElement(value) ?? '');
    this.VAL = cutUtf8(text, this.capacity);
    this.UDF = 0;
  }

  override postValue(alarmMask: EventMask): void {
    let mask = alarmMask;
    if (this.OVAL !== this.VAL) {
      mask |= Event.Value | Event.Log;
      this.OVAL = this.VAL;
    }
    if (this.MPST === 1) mask |= Event.Value;
    if (this.APST === 1) mask |= Event.Log;
    this.postLength();
    if (mask !== 0) this.post('VAL', mask);
  }

  /** Posts the length, of record types that have one. */
  protected postLength(): void {}
}

/** Base of lsi and lso: strings of SIZV bytes, whose length is a field too. */
export abstract class LongTextRecord extends TextRecord {
  SIZV = 41;
  LEN = 0;
  OLEN = 0;

  protected override get capacity(): number {
    return this.SIZV - 1;
  }

  override initRecord(): void {
    super.initRecord();
    this.SIZV = Math.max(16, Math.min(32767, this.SIZV));
  }

  override storeValue(value: PvValue): void {
    super.storeValue(value);
    this.LEN = utf8Length(this.VAL) + 1;
  }

  protected override postLength(): void {
    if (this.OLEN === this.LEN) return;
    this.OLEN = this.LEN;
    this.post('LEN', Event.Value | Event.Log);
  }
}
