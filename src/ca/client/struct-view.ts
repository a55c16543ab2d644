import {
  asStruct,
  localPeer,
  type PvChannel,
  type PvValue,
  ReadOperation,
  Rights,
  type ScalarType,
  type ServedScalarPv,
  type ServedStructPv,
  type Snapshot,
  type UpdateSink,
} from '../../pv/index.ts';
import { FieldError, noStop, type Stop, TypeMismatchError } from '../../util/index.ts';

/** A structure, as all clients deliver them. */
export type StructValue = Awaited<ReturnType<PvChannel['getStruct']>>;

/** Where the structures of a channel come from. */
export interface SnapshotChannel {
  readonly name: string;
  readonly type: ScalarType;
  get(): Promise<Snapshot>;
  subscribe(sink: UpdateSink<Snapshot>): Stop;
}

/** A channel as the normative type of its values: the same conversion as servers do. */
function structOf(channel: SnapshotChannel): ServedStructPv {
  const scalar: ServedScalarPv = {
    name: channel.name,
    type: channel.type,
    className: '',
    rights: () => Rights.Read,
    read: () => channel.get(),
    monitor: (sink) => channel.subscribe(sink),
    onClose: () => noStop,
  };
  const struct = asStruct(scalar);
  if (struct.type === undefined) throw new TypeMismatchError(`"${channel.name}" has no structure`);
  return struct;
}

/** Reads a channel as a structure. */
export async function readStruct(channel: SnapshotChannel): Promise<StructValue> {
  return structOf(channel).read(new ReadOperation('get', localPeer()));
}

/** Subscribes to a channel as structures. */
export function monitorStruct(channel: SnapshotChannel, sink: UpdateSink<StructValue>, mask: number): Stop {
  return structOf(channel).monitor(sink, { peer: localPeer(), mask, pvRequest: undefined });
}

/**
 * The value that a put of a structure means: `value`, or `value.index` of an enum.
 *
 * @throws {FieldError} EPICS_FIELD when the structure has no value.
 */
export function putValueOf(value: StructValue): PvValue {
  const index = value.get('value.index');
  const found = index ?? value.get('value');
  if (found === undefined || found === null) {
    throw new FieldError('a put through Channel Access needs a field "value"', 'value');
  }
  return found as PvValue;
}
