import { type EnumInput, enumOfList, toEnumMap } from './enum-map.ts';
import type { EnumMap, EnumValue } from './model/index.ts';
import type { NativeType } from './native.ts';

/** How a variable shows its values: a format string, or `enum` and the labels. */
export interface Display {
  readonly disp: string;
  readonly map: EnumMap | null;
}

/** Finds out the display from the options of a variable; a boolean without any has the labels False and True. */
export function displayOf(
  options: {
    readonly disp?: string | EnumInput | readonly EnumValue[];
    readonly enum?: EnumInput | null;
  },
  native: NativeType,
): Display {
  const disp = options.disp ?? '{}';
  if (options.enum !== undefined && options.enum !== null) {
    return { disp: 'enum', map: toEnumMap(options.enum) };
  }
  if (typeof disp !== 'string') {
    const isList = Array.isArray(disp) && !disp.every((item) => Array.isArray(item));
    const map = isList ? enumOfList(disp as readonly EnumValue[]) : toEnumMap(disp as EnumInput);
    return { disp: 'enum', map };
  }
  if (native === 'bool' && options.disp === undefined) {
    return {
      disp: 'enum',
      map: new Map([
        [false, 'False'],
        [true, 'True'],
      ]),
    };
  }
  return { disp, map: null };
}
