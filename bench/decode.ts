/**
 * Beam search, ours and PyTorch's in turn (`peers/pytorch_beam.py`): the model of `npm start -- --units 256`, briefly trained, says words that it
 * has not seen. Both must say the same.
 *
 *   npx tsx bench/decode.ts [--peers DIR] [--threads 2] [--trials 5] [--seconds 1]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { dictionary } from 'cmu-pronouncing-dictionary'
import { decode, optimizers } from 'ostinato'
import { pairsOf, pronunciationModel, splitDictionary, vocabulariesOf } from '../examples/pronunciation.js'
import { Executable } from '../src/models/executable.js'
import { number, table } from './console.js'
import { median } from './measure.js'
import { findPeers } from './peers/environment.js'
import { runProgram } from './process.js'

const { values } = parseArgs({
  options: {
    peers: { type: 'string' },
    threads: { type: 'string', default: '2' },
    trials: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
  },
})
const [threads, trials, seconds] = [
  number('threads', values.threads),
  number('trials', values.trials),
  number('seconds', values.seconds),
]
const [beams, batch, maxLength] = [5, 64, 40]

/** What one engine makes of all words. */
interface Decoding {
  readonly engine: string
  /** Median over passes over all words. */
  readonly seconds: number
  /** Of all batches together. */
  readonly steps: number
  /** The best sequence of each word, and its log-probability. */
  readonly sequences: readonly ArrayLike<number>[]
  readonly scores: readonly number[]
}

// Read where the addon is loaded, which is below.
process.env['OSTINATO_THREADS'] = `${threads}`
const split = splitDictionary(dictionary)
const learned = split.training.slice(0, 20_000)
const vocabularies = vocabulariesOf(split.training)
const words = split.development.slice(0, 10 * batch).map(({ word }) => vocabularies.letters.encode(word))
const batches = Array.from({ length: words.length / batch }, (_, i) =>
  words.slice(i * batch, (i + 1) * batch),
)

const model = pronunciationModel(vocabularies, { units: 256, dropout: 0.1, seed: 0, backend: 'native' })
model.compile({ optimizer: optimizers.adam({ learningRate: 4e-3, globalClipNorm: 1 }) })
console.error(`learning ${learned.length} words …`)
await model.fit(pairsOf(learned, vocabularies), { batchSize: 128 })

/** Milliseconds inside the executor, and steps of searches, so far. */
const executor = { ms: 0, steps: 0 }
const { run, runSync } = Executable.prototype
Executable.prototype.run = async function (...parameters) {
  const start = performance.now()
  await run.apply(this, parameters)
  executor.ms += performance.now() - start
}
Executable.prototype.runSync = function (...parameters) {
  const start = performance.now()
  runSync.apply(this, parameters)
  executor.ms += performance.now() - start
  if (parameters[1] === 'decoder.step') executor.steps++
}

async function pass() {
  const found = []
  for (const sources of batches) {
    const decoder = await model.decoder(sources)
    found.push(...(await decode.beam(decoder, { beams, maxLength })))
    decoder.dispose()
  }
  return found.map(({ hypotheses: [best] }) => best!)
}

/** Ours, with the share of the time that JavaScript takes outside the executor. */
async function ours(): Promise<Decoding & { readonly outside: number }> {
  const times: number[] = []
  const before = { ...executor }
  const begin = performance.now()
  let best = []
  do {
    const start = performance.now()
    best = await pass()
    times.push((performance.now() - start) / 1000)
  } while (performance.now() - begin < 1000 * seconds)
  const total = performance.now() - begin
  return {
    engine: `native-${model.model.backend.details['level']}`,
    seconds: median(times),
    steps: (executor.steps - before.steps) / times.length,
    sequences: best.map(({ tokens }) => tokens),
    scores: best.map(({ score }) => score),
    outside: 1 - (executor.ms - before.ms) / total,
  }
}

/** Words that are not said alike, nor as likely as by us. */
function differences(us: Decoding, them: Decoding): number {
  return us.sequences.filter((sequence, i) => {
    const same = Array.from(sequence).join() === Array.from(them.sequences[i] ?? []).join()
    const apart = Math.abs(us.scores[i]! - (them.scores[i] ?? Number.NaN))
    return !(apart < 1e-4) || (!same && !(apart < 1e-5))
  }).length
}

const { pytorch, missing } = findPeers(values.peers)
if (!pytorch) for (const what of missing) console.error(`missing, and left out: ${what}`)
const folder = mkdtempSync(join(tmpdir(), 'ostinato-'))
const [us, them]: [Awaited<ReturnType<typeof ours>>[], Decoding[]] = [[], []]
try {
  const file = join(folder, 'model.safetensors')
  await model.save(file)
  const { startToken: start, endToken: end } = model
  const task = {
    threads,
    model: file,
    words: words.map((word) => [...word]),
    start,
    end,
    beams,
    batch,
    maxLength,
    seconds,
  }
  const script = fileURLToPath(new URL('peers/pytorch_beam.py', import.meta.url))
  await pass()
  for (let trial = 0; trial < trials; trial++) {
    us.push(await ours())
    if (pytorch) them.push(JSON.parse(await runProgram(pytorch, [script, JSON.stringify(task)])) as Decoding)
  }
} finally {
  rmSync(folder, { recursive: true })
}

const middle = (of: readonly Decoding[]): number => median(of.map((each) => each.seconds))
console.log(`${words.length} words, batches of ${batch}, ${beams} beams, ${threads} threads`)
console.log(
  table(
    ['engine', 'words/s', 'steps', 'ms a step', '×'],
    [us, them].flatMap((of) => {
      const [first] = of
      if (!first) return []
      const time = middle(of)
      const figures = [words.length / time, first.steps, (1000 * time) / first.steps, time / middle(us)]
      return [[first.engine, ...figures.map((figure) => `${Number(figure.toPrecision(3))}`)]]
    }),
  ),
)
console.log(
  `in JavaScript outside the executor: ${(100 * median(us.map((each) => each.outside))).toFixed(1)} %`,
)
const wrong = Math.max(0, ...them.map((each, i) => differences(us[i]!, each)))
if (them.length > 0) console.log(`words said in another way: ${wrong} of ${words.length}`)
if (wrong > 0) process.exitCode = 1
model.dispose()
