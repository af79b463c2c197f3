import { loadNative } from '../../src/backends/native.js'

/** The CPU level that the addon runs here. */
export function addonLevel(): string {
  const { level } = loadNative().details
  if (!level) throw new Error('the addon names no level')
  return level
}
