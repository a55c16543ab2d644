import { defineConfig } from 'vitest/config';

const setupFiles = ['test/helpers/setup.ts'];
const project = (name: string, include: string[], extra: object = {}) => ({
  test: { name, include, setupFiles, env: { EPICS_TS_CHECK: '1' }, testTimeout: 15_000, ...extra },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/*.test.ts', 'test/unit/**/*.test.ts', 'test/scenarios/**/*.test.ts']),
      project('property', ['test/property/**/*.test.ts'], { testTimeout: 60_000 }),
      project('interop', ['test/interop/**/*.test.ts'], {
        testTimeout: 20_000,
        hookTimeout: 120_000,
        fileParallelism: false,
      }),
      project('fuzz', ['test/fuzz/**/*.test.ts'], { testTimeout: 300_000, fileParallelism: false }),
      {
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['test/types/**/*.test-d.ts'],
            tsconfig: 'test/types/tsconfig.json',
          },
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/cli/**', 'src/**/index.ts'],
      thresholds: {
        lines: 95,
        branches: 90,
        'src/*/core/**': { lines: 100 },
        'src/pvdata/**': { lines: 100 },
      },
    },
  },
});
