import { elementTypeOf, type PvValue } from '../pv/index.ts';
import { AccessError } from '../util/index.ts';
import type { MirrorState } from './device/mirror-state.ts';
import { fieldValue, requireField } from './field-value.ts';
import { localWriteContext } from './local-context.ts';
import { processRecord } from './process.ts';
import { putAndProcess, putAndWait } from './put-field.ts';
import type { RecordBase } from './record.ts';
import type { FieldInput, FieldPutOptions, RecordHandle } from './record-handle.ts';

/** A value from code as the data plane knows it: plain number arrays become doubles. */
export function toPvValue(value: FieldInput): PvValue {
  if (!Array.isArray(value)) return value as PvValue;
  const items: readonly unknown[] = value;
  if (items.every((item) => typeof item === 'number')) return Float64Array.from(items as readonly number[]);
  return value as readonly string[];
}

/** The public face of a record. */
export class RecordView implements RecordHandle {
  readonly #record: RecordBase;

  constructor(record: RecordBase) {
    this.#record = record;
  }

  get name(): string {
    return this.#record.NAME;
  }
  get type(): string {
    return this.#record.type.name;
  }
  get mirror(): MirrorState | undefined {
    return this.#record.mirror;
  }
  get isRemoved(): boolean {
    return this.#record.isRemoved;
  }

  getField(field: string): PvValue {
    return fieldValue(this.#record, requireField(this.#record, field));
  }

  setField(field: string, value: FieldInput): void {
    const record = this.#record;
    const def = requireField(record, field);
    if (record.mirror !== undefined && field === 'VAL') {
      throw new AccessError(
        `VAL of mirror record "${record.NAME}" is put by putField or published by its owner`,
        'write',
        {
          pvName: record.NAME,
        },
      );
    }
    const converted = toPvValue(value);
    putAndProcess(record, def, { element: elementTypeOf(converted), value: converted, process: 'passive' });
  }

  async putField(field: string, value: FieldInput, options: FieldPutOptions = {}): Promise<void> {
    const record = this.#record;
    const def = requireField(record, field);
    const converted = toPvValue(value);
    const element = elementTypeOf(converted);
    const wait = options.wait ?? false;
    if (record.mirror !== undefined && field === 'VAL') {
      await record.mirror.put(element, converted, localWriteContext(record.context, wait));
      return;
    }
    const put = { element, value: converted, process: 'passive' } as const;
    if (wait) await putAndWait(record, def, put);
    else putAndProcess(record, def, put);
  }

  process(): void {
    processRecord(this.#record);
  }

  info(tag: string): string | undefined {
    return this.#record.infoTags.get(tag);
  }
}
