import { describe, expect, it } from 'vitest';
import type { MonitorContext, OpContext, ServedScalarPv } from '../../../src/pv/index.ts';
import { localPeer } from '../../../src/pv/index.ts';
import { passOn } from '../../../src/pv/pass-on.ts';

type Passed = Pick<ServedScalarPv, 'monitorKey' | 'attach' | 'call' | 'onRightsChange'>;

describe('passOn', () => {
  it('methods that the PV does not have stay absent', () => {
    const adapter: Passed = {};
    passOn({}, adapter);
    expect(Object.keys(adapter)).toEqual([]);
  });

  it('each method reaches the PV as its own, with its arguments', async () => {
    const pv = {
      log: [] as unknown[],
      monitorKey(context: MonitorContext) {
        this.log.push(['key', context]);
        return 'key';
      },
      attach(peer: unknown) {
        this.log.push(['attach', peer]);
        return () => {};
      },
      call(args: null, context: OpContext) {
        this.log.push(['call', args, context]);
        return null;
      },
      onRightsChange(listener: () => void) {
        this.log.push(['rights', listener]);
        return () => {};
      },
    } satisfies Passed & { log: unknown[] };
    const adapter: Passed = {};
    passOn(pv, adapter);
    const peer = localPeer();
    const monitor = {} as MonitorContext;
    const operation = {} as OpContext;
    const listener = (): void => {};
    expect(adapter.monitorKey?.(monitor)).toBe('key');
    adapter.attach?.(peer);
    expect(await adapter.call?.(null, operation)).toBe(null);
    adapter.onRightsChange?.(listener);
    expect(pv.log).toEqual([
      ['key', monitor],
      ['attach', peer],
      ['call', null, operation],
      ['rights', listener],
    ]);
  });
});
