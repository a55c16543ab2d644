import { type Link, noLink } from '../links/link.ts';
import { RecordBase } from '../record.ts';
import { changeSim, initSim } from '../sim.ts';

/** Base of the record types that can be simulated: the storage of the simulation group, and the scan swap of SIMM. */
export abstract class SimulatedRecord extends RecordBase {
  SIOL: Link = noLink;
  SIML: Link = noLink;
  SIMM = 0;
  SIMS = 0;
  OLDSIMM = 0;
  SSCN = 65535;
  SDLY = -1.0;
  #oldSimm = 0;

  override initRecord(): void {
    initSim(this);
  }

  override special(field: string, isAfter: boolean): void {
    if (field !== 'SIMM') return;
    if (isAfter) changeSim(this, this.#oldSimm);
    else this.#oldSimm = this.SIMM;
  }

  /** Takes the value of a constant link. */
  protected loadConstant(field: 'INP' | 'DOL'): void {
    const constant = this.context.links.constant(this, field);
    if (constant !== undefined) this.storeValue(constant);
  }
}
