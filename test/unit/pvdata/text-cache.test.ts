import { expect, test } from 'vitest';
import { TextCache } from '../../../src/pvdata/index.ts';
import { decodeUtf8, encodeUtf8 } from '../../../src/util/index.ts';

test('gives what decodeUtf8 gives, the first time and again, for any bytes', () => {
  const cache = new TextCache();
  const texts = ['', 'a', 'HIGH', 'b'.repeat(24), 'c'.repeat(25), 'µ°Ω', '😀', 'é', 'aé', '\0', 'Aa', 'BB'];
  const inputs = texts
    .map(encodeUtf8)
    .concat([Uint8Array.of(0xe9), Uint8Array.of(65, 0xb0), Uint8Array.of(0xc3, 0xa9)]);
  for (let i = 0; i < 500; i++) inputs.push(encodeUtf8(`text ${i}`));
  for (let round = 0; round < 3; round++) {
    for (const bytes of inputs) {
      const padded = Uint8Array.of(1, 2, ...bytes, 3);
      expect(cache.text(padded, 2, 2 + bytes.length)).toBe(decodeUtf8(bytes, 0, bytes.length));
    }
  }
});
