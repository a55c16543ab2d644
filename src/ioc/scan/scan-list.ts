import type { RecordBase } from '../record.ts';

/** Records that are processed together: by rising PHAS, then in order of insertion. */
export class ScanList {
  #records: readonly RecordBase[] = [];

  get size(): number {
    return this.#records.length;
  }

  add(record: RecordBase): void {
    const index = this.#records.findIndex((other) => other.PHAS > record.PHAS);
    this.#records = index < 0 ? [...this.#records, record] : this.#records.toSpliced(index, 0, record);
  }

  remove(record: RecordBase): void {
    this.#records = this.#records.filter((other) => other !== record);
  }

  /** Calls `process` for each; records that leave meanwhile are still visited. */
  run(process: (record: RecordBase) => void): void {
    for (const record of this.#records) process(record);
  }
}
