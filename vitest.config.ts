import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { CountsReporter } from './scripts/counts-reporter.js'

export default defineConfig({
  resolve: {
    // Tests import the sources under the name that users type.
    alias: [{ find: /^ostinato$/, replacement: fileURLToPath(new URL('./src/index.ts', import.meta.url)) }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
    reporters: ['default', new CountsReporter()],
  },
})
