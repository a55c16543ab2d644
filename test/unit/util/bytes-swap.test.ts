import { afterEach, describe, expect, test, vi } from 'vitest';
import { isHostLittleEndian } from '../../../src/util/index.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe.each(['with', 'without'])('swapBytes %s the native functions', (kind) => {
  test.each([1, 2, 4, 8])('reverses elements of %i bytes and twice is nothing', async (width) => {
    if (kind === 'without') vi.stubGlobal('Buffer', undefined);
    vi.resetModules();
    const { swapBytes } = await import('../../../src/util/bytes-swap.ts');
    for (const count of [0, 8, 256, 1024]) {
      const bytes = Uint8Array.from({ length: count }, (_, i) => i);
      const swapped = bytes.slice();
      swapBytes(swapped, width);
      bytes.forEach((byte, i) => {
        expect(swapped[i - (i % width) + width - 1 - (i % width)]).toBe(byte);
      });
      swapBytes(swapped, width);
      expect(swapped).toEqual(bytes);
    }
  });
});

test('host byte order is the one typed arrays use', () => {
  expect(new Uint8Array(Uint32Array.of(1).buffer)[isHostLittleEndian ? 0 : 3]).toBe(1);
});
