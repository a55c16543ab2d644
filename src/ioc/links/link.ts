import type { FieldDef } from '../dbd/field-def.ts';
import type { RecordBase } from '../record.ts';

/** A link field without content. */
export interface EmptyLink {
  readonly kind: 'none';
  readonly text: '';
}

/** A number, text or array given in the link itself. */
export interface ConstantLink {
  readonly kind: 'constant';
  /** As given. */
  readonly text: string;
  readonly value: number | bigint | string | readonly number[] | readonly string[];
}

/** Address text for device support: what follows the `@`. */
export interface AddressLink {
  readonly kind: 'address';
  readonly text: string;
  readonly address: string;
}

/** How a PV link processes: `CA`, `CP` and `CPP` ask for a network link. */
export type LinkProcess = 'NPP' | 'PP' | 'CA' | 'CP' | 'CPP';

/** How a PV link maximizes severity. */
export type LinkSeverity = 'NMS' | 'MS' | 'MSI' | 'MSS';

/** A link to a field of a record. */
export interface PvLink {
  readonly kind: 'pv';
  /** Normalised: `NAME.FIELD PP MS`. */
  readonly text: string;
  readonly target: string;
  readonly process: LinkProcess;
  readonly severity: LinkSeverity;
  /** Target found last; looked up again once its record has been removed. */
  record: RecordBase | undefined;
  field: FieldDef | undefined;
  /** The target field is read as bytes (`$`). */
  isLong: boolean;
}

/** Content of a link field. */
export type Link = EmptyLink | ConstantLink | AddressLink | PvLink;

/** The empty link. */
export const noLink: EmptyLink = { kind: 'none', text: '' };
