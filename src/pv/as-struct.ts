import type { ServedPv, ServedScalarPv, ServedStructPv, ServedUntypedPv } from './source.ts';
export function asStruct(_pv: ServedPv): ServedStructPv | ServedUntypedPv { throw new Error('x'); }
export type _A = ServedScalarPv;
