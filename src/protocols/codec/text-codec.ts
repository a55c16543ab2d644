import { coerce, emptyMetadata, makeScalarType, type ScalarType, type ScalarWrite } from '../../pv/index.ts';
import { type Encoded, encoded, type TreeWrite, type ValueCodec } from './codec.ts';

/** Display text: of strings, lists, dictionaries, None, wide integers and enums with too many labels. */
export class TextCodec implements ValueCodec {
  readonly type: ScalarType;
  readonly choices: readonly string[] = [];

  /** @param caCount bytes that Channel Access announces, with the terminating zero. */
  constructor(caCount: number) {
    this.type = makeScalarType('string', { caCount, caText: true });
  }

  encode(value: unknown, text: () => string): Encoded {
    return encoded(value === null || value === undefined ? '' : text());
  }

  decode(write: ScalarWrite): TreeWrite {
    return { value: coerce(write, this.type, emptyMetadata), isText: true };
  }
}
