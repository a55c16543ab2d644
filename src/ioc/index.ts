export * from './database.ts';
export * from './device/device-support.ts';
export * from './device/mirror-support.ts';
export * from './record-handle.ts';
export * from './source.ts';
