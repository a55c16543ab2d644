export { epicsConvSeverity, epicsConvStatus } from '../alarm.ts';
export { epicsV7ToPvaType, PVA_UNSUPPORTED_TYPES, type VariableLike } from '../kind-map.ts';
export { BUILTIN_NODE_COUNT, type MappingOptions, type PvMapOption } from '../pv-map.ts';
export { makeSharedPv } from '../shared-pv.ts';
export { EpicsPvHolder, type HolderOptions, type PvEntry, READ_ONLY_TEXT } from './pv-holder.ts';
export { EpicsPvServer, type EpicsPvServerOptions } from './pv-server.ts';
export type { CaOptions, NetworkSettings, PvaOptions } from './server-settings.ts';
export { EPICS_MAX_NAME_LEN, makeEpicsV7Suffix } from './short-name.ts';
