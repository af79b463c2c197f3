/** What the machine can do at most, measured with `limits/limits.cc`, so that figures can be given as shares of it. */
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from './process.js'
import type { LimitRow } from './rows.js'

const source = fileURLToPath(new URL('limits/limits.cc', import.meta.url))
const folder = fileURLToPath(new URL('../build/bench', import.meta.url))
/** The best of so many runs counts: others may be using the machine. */
const runs = 3

/** As in binding.gyp. */
const flags: Readonly<Record<string, readonly string[]>> = {
  scalar: [],
  avx2: ['-mavx2', '-mfma'],
  avx512: ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mfma'],
  neon: [],
}

/** Compiles what is not compiled yet. */
async function program(level: string): Promise<string> {
  const path = join(folder, `limits-${level}`)
  if (existsSync(path) && statSync(path).mtimeMs > statSync(source).mtimeMs) return path
  mkdirSync(folder, { recursive: true })
  const options = ['-O3', '-std=c++17', '-ffp-contract=fast', '-pthread', ...(flags[level] ?? [])]
  await runProgram(process.env['CXX'] ?? 'g++', [...options, '-o', path, source])
  return path
}

/** All threads together. Throws where there is no compiler. */
export async function measureLimits(level: string, threads: number): Promise<LimitRow[]> {
  const path = await program(level)
  const best = new Map<string, LimitRow>()
  for (let run = 0; run < runs; run++) {
    const text = await runProgram(path, [`${threads}`])
    for (const line of text.trim().split('\n')) {
      const { name, ...figures } = JSON.parse(line) as { name: string } & Partial<LimitRow>
      const place = {
        suite: 'limits',
        case: name,
        cell: '-',
        mode: 'limit',
        engine: `native-${level}`,
        threads,
      } as const
      const known = best.get(name)
      const rate = (row: Partial<LimitRow>): number => row.gflops ?? row.gigabytes ?? 0
      if (!known || rate(figures) > rate(known)) best.set(name, { ...place, ...figures })
    }
  }
  return [...best.values()]
}

/** The limits of one engine, whichever numbers of threads they were measured with. */
export class Limits {
  readonly #rows: readonly LimitRow[]

  constructor(rows: readonly LimitRow[], engine: string) {
    this.#rows = rows.filter((row) => row.engine === engine)
  }

  /** float32 multiply-adds: the best rate of one core, times the cores. */
  gflops(threads: number): number | undefined {
    const perCore = this.#rows.map((row) => (row.gflops ?? 0) / row.threads)
    return perCore.length > 0 ? Math.max(...perCore) * threads : undefined
  }

  /** Reading `bytes` in all from the nearest cache that holds them. */
  gigabytes(threads: number, bytes: number): number | undefined {
    const rows = this.#rows.filter((row) => row.threads === threads && row.workingSet !== undefined)
    const fitting = rows.find((row) => 2 * row.workingSet! * threads >= bytes)
    return (fitting ?? rows.at(-1))?.gigabytes
  }
}
