import { structType, type TypeSpec, Value } from '../../pvdata/index.ts';
import { ConversionError, DisconnectedError } from '../../util/index.ts';
import { CMD_RPC, isSuccess, type Status } from '../core/index.ts';
import { Call } from './call.ts';
import { Operation, statusError } from './operation.ts';
import type { ServerLink } from './server-link.ts';
import type { WireChannel } from './wire-channel.ts';

/** Arguments of a call by name: plain values, typed arrays, or a `Value` for anything else. */
export type RpcArguments = { readonly [name: string]: unknown };

/** One remote procedure call. It is never repeated once it has been sent. */
export class RpcOperation extends Operation {
  readonly #channel: WireChannel;
  readonly #pvRequest: Value;
  readonly #args: Value | null;
  readonly #call: Call<Value | null>;
  #isSent: boolean;

  constructor(channel: WireChannel, pvRequest: Value, args: Value | null, call: Call<Value | null>) {
    super();
    this.#channel = channel;
    this.#pvRequest = pvRequest;
    this.#args = args;
    this.#call = call;
    this.#isSent = false;
  }

  /** The caller waits no longer. */
  readonly onGivenUp = (): void => {
    if (this.#isSent) this.link?.core.cancelRequest(this.sid, this.ioid);
    this.#end(true);
  };

  override onConnected(link: ServerLink, sid: number): void {
    if (this.#call.isDone) return;
    this.attach(link, sid);
    link.core.init(CMD_RPC, sid, this.ioid, this.#pvRequest);
    link.markDirty();
  }

  override onInit(status: Status): void {
    const { link } = this;
    if (link === undefined) return;
    if (!isSuccess(status)) {
      this.#end(false);
      this.#call.reject(this.#failed(status));
      return;
    }
    this.#isSent = true;
    link.core.rpc(this.sid, this.ioid, this.#args);
    link.markDirty();
  }

  override onRpc(status: Status, result: Value | null): void {
    this.#end(true);
    if (isSuccess(status)) this.#call.resolve(result);
    else this.#call.reject(this.#failed(status));
  }

  override onDisconnected(): void {
    if (!this.#isSent && !this.#call.ifConnected) return;
    const { name } = this.#channel;
    this.#channel.end(this);
    const why = this.#isSent
      ? 'connection lost before the answer; the call may have been done'
      : 'connection lost';
    this.#call.reject(new DisconnectedError(`rpc "${name}": ${why}`, { pvName: name }));
  }

  override onClosed(reason: Error): void {
    this.detach(true);
    this.#call.reject(reason);
  }

  override onText(type: number, text: string): void {
    this.#channel.logText(type, text);
  }

  #end(tellServer: boolean): void {
    this.detach(tellServer);
    this.#channel.end(this);
  }

  #failed(status: Status): Error {
    return statusError(`rpc "${this.#channel.name}"`, status, this.#channel.name);
  }
}

/**
 * Arguments as NTURI, the form that most services expect: number is double, bigint long, arrays likewise.
 *
 * @param path name of the PV.
 * @throws {ConversionError} EPICS_CONVERT for an argument whose type cannot be told.
 */
export function toNtUri(path: string, args: RpcArguments): Value {
  const query = toStruct(args);
  const type = structType('epics:nt/NTURI:1.0', {
    scheme: 'string',
    authority: 'string',
    path: 'string',
    query: query.desc,
  });
  return Value.from(type, { scheme: 'pva', path, query });
}

/** Arguments as plain structure. @throws {ConversionError} EPICS_CONVERT for an argument whose type cannot be told. */
export function toStruct(args: RpcArguments): Value {
  const members: Record<string, TypeSpec> = {};
  const content: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(args)) {
    if (value === undefined) continue;
    members[name] = typeOf(name, value);
    content[name] = value;
  }
  return Value.from(structType('', members), content);
}

function typeOf(name: string, value: unknown): TypeSpec {
  if (value instanceof Value) return value.desc;
  const simple = simpleName(value);
  if (simple !== undefined) return simple;
  if (Array.isArray(value)) {
    const [first = 0] = value as unknown[];
    const element = simpleName(first);
    if (element !== undefined && value.every((item) => typeof item === typeof first)) return `${element}[]`;
  } else if (ArrayBuffer.isView(value)) {
    for (const [type, constructor] of typedArrays) if (value instanceof constructor) return type;
  } else if (typeof value === 'object' && value !== null) {
    return toStruct(value as RpcArguments).desc;
  }
  throw new ConversionError(
    `argument "${name}": no pvData type for ${value === null ? 'null' : typeof value}; give a Value`,
  );
}

function simpleName(value: unknown): 'boolean' | 'double' | 'long' | 'string' | undefined {
  switch (typeof value) {
    case 'number':
      return 'double';
    case 'bigint':
      return 'long';
    case 'string':
      return 'string';
    case 'boolean':
      return 'boolean';
    default:
      return undefined;
  }
}

const typedArrays: readonly (readonly [TypeSpec & string, new (length: number) => object])[] = [
  ['byte[]', Int8Array],
  ['ubyte[]', Uint8Array],
  ['short[]', Int16Array],
  ['ushort[]', Uint16Array],
  ['int[]', Int32Array],
  ['uint[]', Uint32Array],
  ['long[]', BigInt64Array],
  ['ulong[]', BigUint64Array],
  ['float[]', Float32Array],
  ['double[]', Float64Array],
];
