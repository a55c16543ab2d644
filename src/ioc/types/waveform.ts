import { WaveformFields, waveformFields } from '../dbd/tables/waveform.ts';
import { softDevices } from '../device/soft.ts';
import type { RecordType } from '../record.ts';
import { defineType } from './common.ts';

/** Array input. @see epics-base modules/database/src/std/rec/waveformRecord.c */
export class WaveformRecord extends WaveformFields {}

/** Record type `waveform`. */
export const waveformType: RecordType = defineType(
  'waveform',
  waveformFields,
  softDevices,
  (init) => new WaveformRecord(init),
);
