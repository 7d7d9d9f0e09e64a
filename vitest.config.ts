import { defineConfig } from 'vitest/config';

const shared = { pool: 'forks', testTimeout: 30_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      { test: { ...shared, name: 'unit', include: ['{src,tools,bench}/**/*.test.ts'] } },
      {
        test: {
          ...shared,
          name: 'server',
          include: ['test/**/*.test.ts'],
          // These tests start the compiled server: it must be that of the sources.
          globalSetup: ['./test/harness/compile.ts'],
        },
      },
    ],
  },
});
