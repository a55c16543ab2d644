export * from './float-model.ts';
export * from './int-model.ts';
export * from './model.ts';
export * from './text-model.ts';
