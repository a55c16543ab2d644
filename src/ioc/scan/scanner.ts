import type { Clock, Logger, Stop } from '../../util/index.ts';
import { processRecord } from '../process.ts';
import type { RecordBase } from '../record.ts';
import { PeriodicScan, parseScanPeriod } from './periodic.ts';
import { ScanList } from './scan-list.ts';

const EVENT = 1;
const IO_INTR = 2;

/** Name of an event: numbers are cut to an integer 1..255, other text is a name; empty when there is none. */
export function eventName(text: string): string {
  const trimmed = text.trim();
  const number = Number(trimmed);
  if (trimmed === '' || Number.isNaN(number)) return trimmed;
  const whole = Math.trunc(number);
  return whole >= 1 && whole <= 255 ? String(whole) : '';
}

/** Processes records by SCAN: periodic rates, events, interrupts of device support, and once. */
export class Scanner {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #rates = new Map<number, PeriodicScan>();
  readonly #events = new Map<string, ScanList>();
  readonly #leave = new Map<RecordBase, Stop>();
  #once: RecordBase[] = [];
  #isRunning = false;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Puts a record where its SCAN, PHAS and EVNT say; takes it from where it was. */
  relist(record: RecordBase): void {
    this.remove(record);
    if (record.isRemoved || record.SCAN === 0) return;
    const stop = this.#enter(record);
    if (stop !== undefined) this.#leave.set(record, stop);
  }

  remove(record: RecordBase): void {
    this.#leave.get(record)?.();
    this.#leave.delete(record);
  }

  start(): void {
    this.#isRunning = true;
    for (const rate of this.#rates.values()) rate.start();
  }

  stop(): void {
    this.#isRunning = false;
    for (const rate of this.#rates.values()) rate.stop();
    this.#once = [];
  }

  /** Processes the records that wait for an event. */
  postEvent(name: string | number): void {
    this.#events.get(eventName(String(name)))?.run(processRecord);
  }

  /** Processes a record on a later turn. */
  scanOnce(record: RecordBase): void {
    this.#once.push(record);
    if (this.#once.length > 1) return;
    this.#clock.defer(() => {
      const batch = this.#once;
      this.#once = [];
      for (const next of batch) processRecord(next);
    });
  }

  #enter(record: RecordBase): Stop | undefined {
    if (record.SCAN === EVENT) return this.#enterEvent(record);
    if (record.SCAN === IO_INTR) return this.#enterInterrupt(record);
    const choice = record.type.byName.get('SCAN')?.menu[record.SCAN] ?? '';
    const period = parseScanPeriod(choice);
    if (period === undefined) return undefined;
    let rate = this.#rates.get(period);
    if (rate === undefined) {
      rate = new PeriodicScan(period, this.#clock, processRecord);
      this.#rates.set(period, rate);
      if (this.#isRunning) rate.start();
    }
    const { list } = rate;
    list.add(record);
    return () => list.remove(record);
  }

  #enterEvent(record: RecordBase): Stop | undefined {
    const name = eventName(record.EVNT);
    if (name === '') return undefined;
    const list = this.#events.get(name) ?? new ScanList();
    this.#events.set(name, list);
    list.add(record);
    return () => {
      list.remove(record);
      if (list.size === 0) this.#events.delete(name);
    };
  }

  #enterInterrupt(record: RecordBase): Stop | undefined {
    if (record.device?.ioIntr === undefined) {
      this.#logger.warn({ pv: record.NAME }, 'I/O Intr not valid: the record has no scan source');
      record.SCAN = 0;
      return undefined;
    }
    return record.device.ioIntr(() => processRecord(record));
  }
}
