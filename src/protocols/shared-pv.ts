import type { BaseVariable, VariableValue } from '../tree/index.ts';
import { ConfigError, errorText, getLogger } from '../util/index.ts';
import { ArrayCodec } from './codec/array-codec.ts';
import type { ValueCodec } from './codec/codec.ts';
import { EnumCodec } from './codec/enum-codec.ts';
import { BoolCodec, FloatCodec, IntCodec, type IntElement } from './codec/number-codec.ts';
import { TextCodec } from './codec/text-codec.ts';
import { defaultSizes, epicsV7ToPvaType } from './kind-map.ts';
import { metadataOf } from './metadata.ts';
import { stateOf } from './shown-state.ts';
import { VariablePv } from './variable-pv.ts';

const intElements: ReadonlyMap<string, IntElement> = new Map([
  ['b', 'int8'],
  ['B', 'uint8'],
  ['h', 'int16'],
  ['H', 'uint16'],
  ['i', 'int32'],
  ['I', 'uint32'],
  ['l', 'int64'],
  ['L', 'uint64'],
]);

function codecOf(variable: BaseVariable, type: string): ValueCodec | undefined {
  const int = intElements.get(type);
  if (int !== undefined) return new IntCodec(int);
  const { kind } = variable;
  switch (type) {
    case '?':
      return new BoolCodec('boolean');
    case 'f':
      return new FloatCodec('float32');
    case 'd':
      return new FloatCodec('float64');
    case 's':
      return new TextCodec(defaultSizes.maxStringLength);
    case 'enum':
      return kind.k === 'enum' ? new EnumCodec(kind.choices, kind.values) : undefined;
    case 'ndarray':
      return kind.k === 'array' ? new ArrayCodec(kind.dtype, kind.shape, 1) : undefined;
    default:
      return undefined;
  }
}

/**
 * A read-only PV that shows one value of a variable, with its alarm and metadata; serve it with a `StaticSource`.
 *
 * @param type letter of `epicsV7ToPvaType`, by default that of the variable.
 * @throws {ConfigError} EPICS_CONFIG for a type that no PV can be made of.
 * @see slaclab/rogue python/pyrogue/protocols/epicsV7.py, _make_shared_pv
 */
export function makeSharedPv(
  variable: BaseVariable,
  value: VariableValue,
  type: string = epicsV7ToPvaType(variable),
): VariablePv {
  const codec = codecOf(variable, type);
  if (codec === undefined) {
    throw new ConfigError(`no PV of type "${type}" can be made for ${variable.path}`, { key: 'type' });
  }
  return new VariablePv({
    name: variable.path,
    type: codec.type,
    meta: metadataOf(variable, codec.type, codec.choices),
    initial: stateOf(codec, value, 'condition'),
    refusal: 'Put Not Supported On This Variable',
    onFault: (error) => getLogger('pyrogue.EpicsPvServer').error({ error }, errorText(error)),
  });
}
