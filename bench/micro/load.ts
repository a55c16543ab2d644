import { pathToFileURL } from 'node:url';

/** The layers that are measured, from a build: what runs is what users run, not what a loader makes of the sources. */
export interface Layers {
  readonly util: typeof import('../../src/util/index.ts');
  readonly pvdata: typeof import('../../src/pvdata/index.ts');
  readonly nt: typeof import('../../src/nt/index.ts');
  readonly pv: typeof import('../../src/pv/index.ts');
  readonly ca: typeof import('../../src/ca/index.ts');
}

/** Imports the layers of the build in a folder. */
export async function loadLayers(folder: string): Promise<Layers> {
  const base = pathToFileURL(`${folder}/`).href;
  const layer = (name: string): Promise<unknown> => import(`${base}${name}/index.js`);
  return {
    util: (await layer('util')) as Layers['util'],
    pvdata: (await layer('pvdata')) as Layers['pvdata'],
    nt: (await layer('nt')) as Layers['nt'],
    pv: (await layer('pv')) as Layers['pv'],
    ca: (await layer('ca')) as Layers['ca'],
  };
}

/** One thing that is measured; ratios are to the fastest of its group. */
export interface Case {
  readonly group: string;
  readonly title: string;
  /** Done once per measurement; what it returns is kept from being optimised away. */
  readonly run: () => unknown;
}
