import type { MaybePromise, ServedPv, ServedScalarPv } from './source.ts';
export interface AsScalarOptions { readonly caCount?: number; readonly text?: boolean }
export function asScalar(_pv: ServedPv, _options?: AsScalarOptions): MaybePromise<ServedScalarPv | undefined> { throw new Error('x'); }
