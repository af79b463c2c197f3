/** What `npx ostinato doctor` finds out: which backend runs here, and why. Node only. */
import { cpus } from 'node:os'
import { loadBackend } from './backends/load.js'
import { OstinatoError } from './errors.js'

export interface Diagnosis {
  readonly version: string
  readonly platform: string
  readonly node: string
  readonly cpu: string
  readonly wasmSimd: boolean
  /** Variables that change how ostinato runs, where they are set. */
  readonly variables: Readonly<Record<string, string>>
  /** The chosen backend and what it says of itself: CPU level, BLAS, threads. */
  readonly backend?: {
    readonly name: string
    readonly reason: string
    readonly details: Readonly<Record<string, string>>
  }
  /** Instead of a backend where none runs. */
  readonly problem?: string
}

/** A module whose one function returns i8x16.popcnt of a vector: valid where SIMD is. */
const simdProbe = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98,
  11,
]

function hasWasmSimd(): boolean {
  const { WebAssembly } = globalThis as { WebAssembly?: { validate(bytes: Uint8Array): boolean } }
  return WebAssembly?.validate(Uint8Array.from(simdProbe)) ?? false
}

export async function diagnose(version: string): Promise<Diagnosis> {
  const processors = cpus()
  const variables = Object.entries(process.env).flatMap(([name, value]): [string, string][] =>
    name.startsWith('OSTINATO_') && value !== undefined ? [[name, value]] : [],
  )
  const machine = {
    version,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    cpu: `${processors[0]?.model ?? 'unknown'} (${processors.length} logical processors)`,
    wasmSimd: hasWasmSimd(),
    variables: Object.fromEntries(variables),
  }
  try {
    const { backend, name, reason } = await loadBackend()
    return { ...machine, backend: { name, reason, details: backend.details } }
  } catch (error) {
    if (error instanceof OstinatoError) return { ...machine, problem: error.message }
    throw error
  }
}

/** What backends say of themselves, in words for people; anything else appears under its own name. */
const titles: Readonly<Record<string, string>> = {
  level: 'CPU level',
  availableLevels: 'available levels',
  blas: 'BLAS',
  simd: 'SIMD',
}

/** One aligned line each. */
export function diagnosisText(diagnosis: Diagnosis): string {
  const { version, platform, node, cpu, wasmSimd, variables, backend, problem } = diagnosis
  const lines: [string, string][] = [
    ['ostinato', version],
    ['platform', platform],
    ['Node', node],
    ['CPU', cpu],
    ['WebAssembly SIMD', wasmSimd ? 'yes' : 'no'],
    ...Object.entries(variables),
  ]
  if (backend) {
    lines.push(['backend', backend.name], ['reason', backend.reason])
    for (const [name, value] of Object.entries(backend.details)) lines.push([titles[name] ?? name, value])
  }
  if (problem !== undefined) lines.push(['backend', 'none'], ['problem', problem])
  const width = Math.max(...lines.map(([title]) => title.length)) + 2
  return lines.map(([title, value]) => `${title.padEnd(width)}${value}\n`).join('')
}
