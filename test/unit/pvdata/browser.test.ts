import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('pvdata is bundled for a browser and makes a round trip without any global of Node (ARC-L-3)', async () => {
  const result = await build({
    stdin: {
      contents: `
        import { BytesReader, BytesWriter } from './src/util/index.ts';
        import * as pvdata from './src/pvdata/index.ts';
        import { ntScalarType } from './src/nt/index.ts';
        const { arrayOf, decodeAny, encodeAny, structType, TypeCache, Value } = pvdata;
        const type = structType('', {
          nt: ntScalarType('double'), text: 'string', long: 'string', list: 'double[]', any: 'any[]',
          rows: arrayOf(structType('', { a: 'ulong' })),
        });
        const value = Value.from(type, {
          nt: { value: 1.5, timeStamp: { secondsPastEpoch: 1e9 } }, text: 'µ', long: 'Ω'.repeat(300),
          list: Array.from({ length: 100 }, (_, i) => i / 3), any: [1, 'x', null], rows: [{ a: 2n ** 63n }, null],
        });
        globalThis.result = [true, false].map((little) => {
          const w = new BytesWriter(16, little);
          encodeAny(w, value);
          const back = decodeAny(new BytesReader(w.toBytes(), little), new TypeCache());
          return back.equals(value) && String(back) === String(value);
        });
      `,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
  });
  const code = result.outputFiles[0]?.text ?? '';
  // What a browser has and a bare context lacks; nothing of Node is in there.
  const context: Record<string, unknown> = { TextEncoder, TextDecoder };
  runInNewContext(code, context);
  expect(context['result']).toEqual([true, true]);
});
