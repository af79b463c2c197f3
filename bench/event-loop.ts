/**
 * How late is a 10 ms timer while a model trains natively in the same process? Beside it, the same timer while a C++
 * program of two busy threads runs, which is what the machine itself costs.
 *
 *   tsx bench/event-loop.ts [--seconds 60]
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Batch, layers, sequential } from 'ostinato'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } })
const seconds = Number(values.seconds)
const interval = 10

/** Lateness of every tick in milliseconds, until `work` is done. */
async function lateness(work: Promise<unknown>): Promise<number[]> {
  const late: number[] = []
  let due = performance.now() + interval
  const timer = setInterval(() => {
    const now = performance.now()
    late.push(Math.max(0, now - due))
    due = now + interval
  }, interval)
  await work
  clearInterval(timer)
  return late.sort((a, b) => a - b)
}

function report(what: string, late: readonly number[]): void {
  const at = (share: number): string => (late[Math.floor(share * (late.length - 1))] ?? Number.NaN).toFixed(2)
  console.log(JSON.stringify({ what, ticks: late.length, p50: at(0.5), p99: at(0.99), max: at(1) }))
}

const busy = `#include <chrono>
#include <thread>
int main() {
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds(${seconds});
  auto work = [&] { volatile float x = 1; while (std::chrono::steady_clock::now() < until) for (int i = 0; i < 100000; i++) x = x * 1.0001f; };
  std::thread other(work);
  work();
  other.join();
}`

const model = sequential(
  [
    layers.embedding({ inputDim: 65, outputDim: 64 }),
    layers.lstm({ units: 128, returnSequences: true }),
    layers.lstm({ units: 128, returnSequences: true }),
    layers.dense({ units: 65 }),
  ],
  { backend: 'native' },
)
model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' })
const tokens = { data: Int32Array.from({ length: 2500 }, (_, i) => i % 65), shape: [50, 50] }

function* until(end: number): Generator<Batch> {
  while (performance.now() < end) yield { inputs: tokens, targets: tokens }
}
await model.fit(() => until(performance.now() + 1000))
report('fit', await lateness(model.fit(() => until(performance.now() + seconds * 1000))))
model.dispose()

const folder = mkdtempSync(join(tmpdir(), 'ostinato-'))
try {
  writeFileSync(join(folder, 'busy.cc'), busy)
  execFileSync('g++', ['-O1', '-pthread', '-o', join(folder, 'busy'), join(folder, 'busy.cc')])
  const child = spawn(join(folder, 'busy'))
  report('two busy C++ threads', await lateness(new Promise((resolve) => child.on('exit', resolve))))
} finally {
  rmSync(folder, { recursive: true })
}
