export {
  type FieldName,
  type InOptions,
  IocBuilder,
  type OutRecordOptions,
  type SizeOptions,
  type StateOption,
} from './builder.ts';
export {
  InRecord,
  type OutOptions,
  OutRecord,
  type SetOptions,
  type SeverityInput,
} from './builder-record.ts';
export { Database, type DatabaseOptions, LONGEST_NAME } from './database.ts';
export type { DeviceReading, DeviceRecord, DeviceSupport } from './device/device-support.ts';
export * from './device/mirror-support.ts';
export type { FieldPv } from './field-pv.ts';
export * from './record-handle.ts';
export { type IocPorts, SoftIoc, type SoftIocOptions } from './runtime/soft-ioc.ts';
export { IocSource } from './source.ts';
