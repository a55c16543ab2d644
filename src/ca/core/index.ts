export * from './circuit.ts';
export * from './circuit-handlers.ts';
export * from './circuit-watch.ts';
export * from './constants.ts';
export * from './dbr-types.ts';
export * from './header.ts';
export * from './rules.ts';
export * from './status.ts';
