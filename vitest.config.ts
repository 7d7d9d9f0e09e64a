import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,tools,bench,test}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
