/** One named diagnostics channel of Node; publishing costs nothing while nobody listens. */
export interface TraceChannel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

interface DiagnosticsModule {
  channel(name: string): TraceChannel;
}

const silent: TraceChannel = { hasSubscribers: false, publish: () => {} };

const host = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process;
const diagnostics = host?.getBuiltinModule?.('node:diagnostics_channel') as DiagnosticsModule | undefined;

/**
 * The diagnostics channel `epics-ts:<name>`, silent where the platform has none.
 * Build the payload only when `hasSubscribers`.
 */
export function traceChannel(name: string): TraceChannel {
  return diagnostics?.channel(`epics-ts:${name}`) ?? silent;
}
