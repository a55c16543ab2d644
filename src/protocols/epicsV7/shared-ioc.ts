import { SoftIoc, type SoftIocOptions } from '../../ioc/index.ts';
import { ConfigError } from '../../util/index.ts';

/** A hold on an IOC; `release` closes the IOC when nobody else holds it. */
export interface IocLease {
  readonly ioc: SoftIoc;
  release(): Promise<void>;
}

interface Shared {
  readonly ref: WeakRef<SoftIoc>;
  /** The options it was made with, as text. */
  readonly options: string;
  users: number;
}

// The one IOC that all servers of this process publish into unless told otherwise; nothing else is kept here.
let shared: Shared | undefined;

/** Options as text with sorted keys, so that equal settings are recognised. */
function textOf(options: SoftIocOptions): string {
  return JSON.stringify(options, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/**
 * The IOC that the V7 servers of this process share. It is made for the first holder and closed with the last.
 *
 * @throws {ConfigError} EPICS_CONFIG when it runs with other options.
 */
export function leaseSharedIoc(options: SoftIocOptions): IocLease {
  const text = textOf(options);
  let ioc = shared?.ref.deref();
  if (shared === undefined || ioc === undefined) {
    ioc = new SoftIoc(options);
    shared = { ref: new WeakRef(ioc), options: text, users: 0 };
  } else if (text !== '{}' && text !== shared.options) {
    throw new ConfigError(
      `the shared IOC of this process runs with other options: ${shared.options}, not ${text}; give "ioc" instead`,
      { key: 'ca, pva' },
    );
  }
  const held = shared;
  const lent = ioc;
  held.users++;
  let isHeld = true;
  return {
    ioc: lent,
    release: async () => {
      if (!isHeld) return;
      isHeld = false;
      held.users--;
      if (held.users > 0) return;
      if (shared === held) shared = undefined;
      await lent.close();
    },
  };
}
