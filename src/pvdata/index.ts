export * from './convert.ts';
export * from './decode.ts';
export * from './delta.ts';
export * from './encode.ts';
export * from './field-desc.ts';
export * from './format.ts';
export * from './format-scalar.ts';
export * from './format-type.ts';
export * from './json.ts';
export * from './limits.ts';
export { isComplexPath, type PathStep, parsePath } from './path.ts';
export * from './plain.ts';
export * from './primitives.ts';
export {
  isSecondsField,
  MAX_FIELDS,
  type NumberArray,
  numberArrayClass,
  Op,
  type Program,
} from './program.ts';
export * from './pv-request.ts';
export { TextCache } from './text-cache.ts';
export * from './type-code.ts';
export * from './type-wire.ts';
export * from './value.ts';
