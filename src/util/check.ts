interface ProcessLike {
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const { process: host } = globalThis as { process?: ProcessLike };

/** Whether `EPICS_TS_CHECK=1` was set when this was loaded: costly checks of our own rules are on. */
export const isChecking: boolean = host?.env?.['EPICS_TS_CHECK'] === '1';

/**
 * Marks an object as handed over: nobody may change it any more. While checking it is frozen, so that who does fails
 * at once; what it refers to is not.
 */
export function handOver<T extends object>(object: T): T {
  return isChecking ? Object.freeze(object) : object;
}
