/** EPICS 7 in TypeScript: the names that most programs need. Everything else is in the subpaths. */
export { CaChannel, CaClient, CaServer } from './ca/index.ts';
export {
  identify,
  ntEnumType,
  ntNdArrayType,
  ntScalarArrayType,
  ntScalarType,
  ntTableType,
  ntUriType,
} from './nt/index.ts';
export {
  type Alarm,
  AlarmCondition,
  type MonitorOptions,
  MultiClient,
  type PutOptions,
  type PvChannel,
  type PvClient,
  type PvSource,
  Severity,
  SharedPv,
  type Snapshot,
  StaticSource,
  type TimeStamp,
} from './pv/index.ts';
export { PvaChannel, PvaClient, PvaServer } from './pva/index.ts';
export { FieldDesc, makePvRequest, parsePvRequest, structType, unionType, Value } from './pvdata/index.ts';
export {
  AccessError,
  addLogSink,
  ClosedError,
  ConfigError,
  ConversionError,
  DisconnectedError,
  EpicsError,
  EpicsErrorCode,
  FieldError,
  getLogger,
  InternalError,
  isEpicsError,
  LimitError,
  type Logger,
  NotFoundError,
  ProtocolError,
  ProtocolMisuseError,
  RemoteError,
  setLogLevel,
  setLogLevels,
  TimeoutError,
  TypeMismatchError,
} from './util/index.ts';
