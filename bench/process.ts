/** Processes that measure: what they say, and how they are started. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Digests } from './data.js'

/** What a worker says of one item, as a line of JSON. */
export interface Measurement {
  /** `native-avx2`, `pytorch-2.13.0+cpu`, … */
  readonly engine: string
  readonly ms: number
  /** Peak resident set of the process up to the end of this item. */
  readonly peakBytes: number
  readonly digests: Digests
}

/**
 * Peak resident set of this process. Not `resourceUsage().maxRSS` where it can be helped: on Linux that begins with the
 * peak of the process that started this one.
 */
export function peakBytes(): number {
  if (process.platform === 'linux') {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
    if (line) return Number(line[1]) * 1024
  }
  return process.resourceUsage().maxRSS * 1024
}

/** Milliseconds after which a process is thought to hang. */
const longest = 600_000

const tsx = createRequire(import.meta.url).resolve('tsx')

/** Runs a TypeScript file of this folder in a process of its own, and gives its lines of JSON. */
export function measureHere(
  file: string,
  task: object,
  variables: Readonly<Record<string, string>> = {},
): Promise<Measurement[]> {
  const path = fileURLToPath(new URL(file, import.meta.url))
  return measure(process.execPath, ['--import', tsx, path, JSON.stringify(task)], variables)
}

/** Runs a program that prints one measurement a line. */
export async function measure(
  command: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Measurement[]> {
  const text = await runProgram(command, args, variables)
  const lines = text.split('\n').filter((line) => line.startsWith('{'))
  return lines.map((line) => JSON.parse(line) as Measurement)
}

/** Runs a program and gives what it prints. Rejects with its last words where it fails. */
export async function runProgram(
  command: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const child = spawn(command, args, {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: longest,
  })
  const said = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text
  })
  const how = await new Promise<number | string | null>((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => resolve(code ?? signal))
  })
  if (how === 0) return said.out
  throw new Error(`${command} ended with ${how}: ${said.err.trim().split('\n').slice(-5).join('\n')}`)
}
