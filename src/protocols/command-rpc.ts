import { toScalarName } from '../pv/index.ts';
import { type ScalarName, scalarType, structType, Value } from '../pvdata/index.ts';
import { asNdArray, type Command } from '../tree/index.ts';
import { elementOfDType } from './codec/array-codec.ts';

/**
 * The argument of an RPC request: field `arg` of `query`, or undefined. NTURI and plain structures are understood.
 *
 * @see slaclab/rogue python/pyrogue/protocols/epicsV4.py, EpicsPvHandler.rpc
 */
export function rpcArgument(request: Value | null): unknown {
  const argument = request?.get('query.arg');
  return argument instanceof Value ? argument.toObject() : argument;
}

const namedTypes: ReadonlyMap<string, ScalarName> = new Map([
  ['int', 'long'],
  ['float', 'double'],
  ['str', 'string'],
  ['bool', 'boolean'],
]);

function fieldTypeOf(result: unknown): ScalarName | `${ScalarName}[]` {
  switch (typeof result) {
    case 'boolean':
      return 'boolean';
    case 'bigint':
      return 'long';
    case 'number':
      return Number.isInteger(result) ? 'long' : 'double';
    default:
  }
  const array = asNdArray(result);
  if (array !== undefined) return `${toScalarName(elementOfDType(array.dtype))}[]`;
  if (Array.isArray(result) && result.length > 0) {
    const types = new Set(result.map(fieldTypeOf));
    if (types.size === 1 && !(types.values().next().value as string).endsWith('[]'))
      return `${[...types][0] as ScalarName}[]`;
    if ([...types].every((type) => type === 'long' || type === 'double')) return 'double[]';
  }
  return 'string';
}

/** Type of the reply: what the command declares, as far as the result fits it, else what the result is. */
function replyType(command: Command, result: unknown): ScalarName | `${ScalarName}[]` {
  const declared = command.retTypeStr;
  if (declared === null || result === null || result === undefined) return fieldTypeOf(result);
  const single = namedTypes.get(declared);
  if (single !== undefined && !Array.isArray(result) && asNdArray(result) === undefined) return single;
  const element = /^List\[(\w+)\]$/.exec(declared)?.[1];
  const items = element === undefined ? undefined : namedTypes.get(element);
  return items !== undefined && Array.isArray(result) ? `${items}[]` : fieldTypeOf(result);
}

/** The reply to an RPC: an anonymous structure with the one field `value`; no result is the text `None`. */
export function rpcReply(command: Command, result: unknown): Value {
  const type = replyType(command, result);
  const reply = new Value(structType('', { value: scalarType(type) }));
  const array = asNdArray(result);
  if (array !== undefined) reply.set('value', array.data);
  else if (type === 'string')
    reply.set('value', typeof result === 'string' ? result : command.genDisp(result ?? null));
  else reply.set('value', result);
  return reply;
}
