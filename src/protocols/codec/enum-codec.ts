import {
  AlarmCondition,
  coerce,
  type Metadata,
  makeAlarm,
  makeMetadata,
  makeScalarType,
  type PvValue,
  type ScalarType,
  type ScalarWrite,
  Severity,
} from '../../pv/index.ts';
import { pyStr } from '../../tree/index.ts';
import { cutUtf8 } from '../../util/index.ts';
import { type Encoded, encoded, type TreeWrite, type ValueCodec } from './codec.ts';

/** Bytes of a label that a record and Channel Access can carry. */
export const MAX_RECORD_CHOICE_BYTES: number = 25;

/** Keys of a tree enum compare by value: the number 1, the bigint 1 and, as in Python, true are one key. */
function keyOf(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'boolean' ? Number(value) : value;
}

/** An enum: on EPICS the position of the value in the list of values, not the value itself. */
export class EnumCodec implements ValueCodec {
  readonly type: ScalarType = makeScalarType('enum');
  readonly choices: readonly string[];
  readonly #indexOf: ReadonlyMap<unknown, number>;
  readonly #meta: Metadata;

  /** @param values keys of the tree enum, in the order of their labels. */
  constructor(choices: readonly string[], values: readonly unknown[]) {
    this.choices = choices;
    this.#indexOf = new Map(values.map((value, index) => [keyOf(value), index]));
    this.#meta = makeMetadata({ choices });
  }

  encode(value: unknown, _text: () => string): Encoded {
    const index = this.#indexOf.get(keyOf(value));
    if (index !== undefined) return encoded(index);
    return encoded(0, makeAlarm(Severity.Invalid, AlarmCondition.State, `INVALID: ${pyStr(value)}`));
  }

  decode(write: ScalarWrite): TreeWrite {
    const index = this.#cutIndex(write.value) ?? (coerce(write, this.type, this.#meta) as number);
    return { value: this.choices[index] as string, isText: true };
  }
  /** Channel Access clients know long labels by their first bytes only. */
  #cutIndex(value: PvValue | undefined): number | undefined {
    if (typeof value !== 'string' || this.choices.includes(value)) return undefined;
    const index = this.choices.findIndex(
      (choice) => choice.length > value.length && cutUtf8(choice, MAX_RECORD_CHOICE_BYTES) === value,
    );
    return index < 0 ? undefined : index;
  }
}
