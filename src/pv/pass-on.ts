import type { ServedScalarPv, ServedStructPv } from './source.ts';

type Passed = 'monitorKey' | 'attach' | 'call' | 'onRightsChange';

/**
 * Gives an adapter the optional methods of its PV that need no conversion.
 *
 * Whether a method is there says what the PV can do, so absent ones stay absent.
 */
export function passOn(
  pv: Pick<ServedScalarPv | ServedStructPv, Passed>,
  adapter: Pick<ServedScalarPv | ServedStructPv, Passed>,
): void {
  if (pv.monitorKey !== undefined) adapter.monitorKey = (context) => pv.monitorKey?.(context);
  if (pv.attach !== undefined) adapter.attach = pv.attach.bind(pv);
  if (pv.call !== undefined) adapter.call = pv.call.bind(pv);
  if (pv.onRightsChange !== undefined) adapter.onRightsChange = pv.onRightsChange.bind(pv);
}
