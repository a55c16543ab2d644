export * from './config.ts';
export { CaSearchResponder, type SearchStats, type SearchTarget } from './search-responder.ts';
export * from './server.ts';
