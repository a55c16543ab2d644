/** What a decoder accepts from a peer. More is a fault, never an allocation. */
export interface DecodeLimits {
  /** Bytes of one string. */
  readonly maxString: number;
  /** Elements of one array, of any kind. */
  readonly maxArrayElements: number;
  /** Nesting of types, and of values in any, union and structure arrays. At most 20. */
  readonly maxDepth: number;
  /** Bytes of the name of a field. */
  readonly maxFieldName: number;
  /** Fields of one type, nested ones included. At most 65536. */
  readonly maxFields: number;
  /** Slots of all nested values of one message together. Bounded by the message's length besides. */
  readonly maxSlots: number;
}

/** Limits that suit all real peers: arrays and strings may be as large as the message. */
export const defaultDecodeLimits: DecodeLimits = Object.freeze({
  maxString: 0x7fff_ffff,
  maxArrayElements: 0x7fff_ffff,
  maxDepth: 20,
  maxFieldName: 1000,
  maxFields: 65_536,
  maxSlots: 0x100_0000,
});
