import { Device, type DeviceOptions } from './device.ts';

/** Settings of an {@link ArrayDevice}. */
export interface ArrayDeviceOptions<T extends Device> extends DeviceOptions {
  readonly arrayClass: new (options: DeviceOptions) => T;
  readonly number: number;
  /** Bytes from one element to the next. */
  readonly stride: number;
  /** Options of all elements, or one set per element; a `name` in it replaces `Class[i]`. */
  readonly arrayArgs?: DeviceOptions | readonly DeviceOptions[];
}

/** A device whose children `Class[i]` are of one class, `stride` bytes apart. */
export class ArrayDevice<T extends Device = Device> extends Device {
  readonly elements: readonly T[];

  constructor(options: ArrayDeviceOptions<T>) {
    super(options);
    const { arrayClass, number, stride, arrayArgs = {} } = options;
    this.elements = Array.from({ length: number }, (_, i) => {
      const own = isList(arrayArgs) ? (arrayArgs[i] ?? {}) : arrayArgs;
      const name = own.name === undefined ? `${arrayClass.name}[${i}]` : own.name;
      // One set for all would give all the same name.
      const unique = own.name !== undefined && !isList(arrayArgs) ? `${name}[${i}]` : name;
      return this.add(new arrayClass({ ...own, name: unique, offset: i * stride }));
    });
  }
}

function isList(args: DeviceOptions | readonly DeviceOptions[]): args is readonly DeviceOptions[] {
  return Array.isArray(args);
}
