import { expect, it } from 'vitest';
import { TextCodec } from '../../../../src/protocols/codec/text-codec.ts';

it('EPS-E-23 is a text of the announced size on CA, and shows the display text', () => {
  const codec = new TextCodec(256);
  expect(codec.type).toMatchObject({ element: 'string', caText: true, caCount: 256, isArray: false });
  expect(codec.encode([1, 2], () => '[1, 2]').value).toBe('[1, 2]');
});

it('EPS-E-30 nothing is an empty text, without asking for the display text', () => {
  const codec = new TextCodec(256);
  const fail = (): string => {
    throw new Error('not asked for');
  };
  expect(codec.encode(null, fail)).toEqual({ value: '', alarm: undefined });
});

it('EPS-5 bytes are read as UTF-8 to the first NUL', () => {
  const codec = new TextCodec(256);
  const bytes = Uint8Array.of(...new TextEncoder().encode('é!'), 0, 65);
  expect(codec.decode({ element: 'uint8', value: bytes })).toEqual({ value: 'é!', isText: true });
  expect(codec.decode({ element: 'string', value: 'x' })).toEqual({ value: 'x', isText: true });
});
