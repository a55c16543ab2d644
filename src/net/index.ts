export * from './interfaces.ts';
export * from './node-network.ts';
export * from './transport.ts';
