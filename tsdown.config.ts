import { existsSync } from 'node:fs'
import { defineConfig } from 'tsdown'

const shared = {
  outDir: 'dist',
  // The WebAssembly module lies in dist too; scripts/setup.mjs removes what is stale.
  clean: false,
  platform: 'node',
  target: 'node20',
  sourcemap: false,
  // import.meta.url in the CommonJS build, and the other way round
  shims: true,
  logLevel: 'warn',
} as const

export default defineConfig([
  {
    ...shared,
    entry: ['src/index.ts', 'src/cli.ts'].filter((path) => existsSync(path)),
    format: 'esm',
    dts: true,
  },
  {
    ...shared,
    entry: ['src/index.ts'],
    format: 'cjs',
    dts: true,
  },
])
