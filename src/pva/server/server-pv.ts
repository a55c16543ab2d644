import { ntScalarArrayType, ntScalarType } from '../../nt/index.ts';
import {
  Claim,
  type PvSource,
  Rights,
  type ServedPv,
  type ServedUntypedPv,
  type SourceList,
  type TimeStamp,
} from '../../pv/index.ts';
import { structType, Value } from '../../pvdata/index.ts';
import { noStop, RemoteError } from '../../util/index.ts';

/** Name under which every server answers questions about itself. */
export const SERVER_PV = 'server';

/** What the `server` PV tells about the program. */
export interface ServerInfo {
  readonly version: string;
  readonly host: string;
  readonly process: string;
  readonly startTime: TimeStamp;
}

const infoType = structType('', {
  process: 'string',
  startTime: 'string',
  version: 'string',
  implLang: 'string',
  host: 'string',
});

const HELP = `Asks a server about itself.
op=help     : this text
op=info     : version, language, host, process and start time
op=channels : names of all channels; those made on demand are not in it
`;

/**
 * The PV `server`: no search finds it, every connection can open it. By RPC it lists names (`op=channels`) and tells
 * about the program (`op=info`); that is how `pvlist` and `pvxlist` work.
 *
 * @see pvxs src/serversource.cpp
 */
export class ServerPvSource implements PvSource {
  readonly name = '__server';
  readonly #pv: ServedUntypedPv;

  constructor(sources: SourceList, info: () => ServerInfo) {
    this.#pv = {
      name: SERVER_PV,
      type: undefined,
      opened: undefined,
      rights: () => Rights.Call,
      onClose: () => noStop,
      call: (args) => answer(args, sources, info),
    };
  }

  claims(): Claim {
    return Claim.No;
  }

  open(name: string): ServedPv | undefined {
    return name === SERVER_PV ? this.#pv : undefined;
  }
}

function answer(args: Value | null, sources: SourceList, info: () => ServerInfo): Value {
  // An NTURI has its arguments in `query`; older clients send the bare structure.
  const argument = (name: string): unknown => args?.get(`query.${name}`) ?? args?.get(name);
  if (argument('help') !== undefined) return help();
  switch (argument('op')) {
    case 'channels': {
      const names = [...sources.list().names].sort();
      return Value.from(ntScalarArrayType('string'), { value: names });
    }
    case 'info': {
      const { version, host, process, startTime } = info();
      return Value.from(infoType, {
        process,
        startTime: new Date(startTime.seconds * 1000).toISOString(),
        version,
        implLang: 'typescript',
        host,
      });
    }
    case 'help':
      return help();
    default:
      throw new RemoteError('Not implemented');
  }
}

function help(): Value {
  return Value.from(ntScalarType('string'), { value: HELP });
}
