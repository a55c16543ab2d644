interface Swaps {
  swap16(this: Uint8Array): void;
  swap32(this: Uint8Array): void;
  swap64(this: Uint8Array): void;
}

const native = (globalThis as { Buffer?: { prototype: Swaps } }).Buffer?.prototype;

/** Tells whether typed arrays of this machine keep their least significant byte first. */
export const isHostLittleEndian: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Reverses the bytes of every element in place; `bytes.length` is a multiple of `width` (1, 2, 4 or 8). */
export function swapBytes(bytes: Uint8Array, width: number): void {
  if (width === 1) return;
  if (native !== undefined) {
    if (width === 2) native.swap16.call(bytes);
    else if (width === 4) native.swap32.call(bytes);
    else native.swap64.call(bytes);
    return;
  }
  for (let at = 0; at < bytes.length; at += width) {
    for (let i = at, j = at + width - 1; i < j; i++, j--) {
      const byte = bytes[i] as number;
      bytes[i] = bytes[j] as number;
      bytes[j] = byte;
    }
  }
}
