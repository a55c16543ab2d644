/** Protocol cores without I/O, for analysers and tests. */
export * as expert from './core/index.ts';
