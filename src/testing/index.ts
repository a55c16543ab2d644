export * from './hex.ts';
export * from './manual-clock.ts';
export * from './random.ts';
export * from './served-pv-contract.ts';
export type { VirtualDatagrams } from './virtual-datagrams.ts';
export type { VirtualHost } from './virtual-host.ts';
export * from './virtual-network.ts';
export type { VirtualStream } from './virtual-stream.ts';
