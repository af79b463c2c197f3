/** Writes the conformance cases as program files: tsx test/native/make-programs.ts FOLDER */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createReference } from '../../src/backends/reference/index.js'
import { bufferKinds, bufferWords, header } from '../../src/contract/index.js'
import type { Case } from '../conformance/case.js'
import { cases } from '../conformance/cases/index.js'
import { drive, inputsOf } from '../conformance/drive.js'
import { type Home, type Layout, layouts, lowerCase, type Tensor } from '../conformance/lower.js'
import { randomValues, runFunction, type Traced, traceFunction, type Values } from '../graph/harness.js'
import { defineScanned, scannedLengths } from '../graph/scanned.js'
import { type ProgramRun, writeProgramFile } from './program-file.js'
import { allWalks, traceWalks, type Walks, walkLengths } from './walks.js'

const reference = createReference()

/** The index of the nth buffer of a kind. */
function bufferIndex(words: Int32Array, home: Home, position: number): number {
  const first = words[header.bufferOffset]!
  const indices = Array.from({ length: words[header.bufferCount]! }, (_, i) => i)
  const index = indices.filter((i) => words[first + i * bufferWords] === bufferKinds[home])[position]
  if (index === undefined) throw new Error(`the program has no ${home} buffer ${position}`)
  return index
}

function programRun(of: Case, layout: Layout): ProgramRun | undefined {
  const lowered = lowerCase(of, layout)
  if (!lowered) return undefined
  const { words, segment, tensors, dimensions, scalars, parameterElements, slotElements } = lowered
  const given = inputsOf(of)
  const result = drive(reference, of, 'plain')!
  const place = ({ home, position, offset }: Tensor) => ({
    buffer: bufferIndex(words, home, position),
    offset,
  })
  // A run that ended early leaves its outputs in any state, but weights and states untouched.
  const settled = ({ home }: Tensor) =>
    result.status === 'ok' || (home !== 'output' && home !== 'statistics' && home !== 'arena')
  return {
    words,
    segments: [segment],
    status: result.status,
    parameterElements,
    slotElements,
    dimensions,
    scalars,
    given: tensors
      .filter((t) => t.given && t.home !== 'arena' && t.home !== 'output')
      .map((t) => ({ ...place(t), values: given(t) })),
    expected: tensors
      .filter((t) => t.result && settled(t))
      .map((t) => ({ ...place(t), values: result.tensors.get(t.name)!, tolerance: t.tolerance })),
  }
}

/** A traced function as it is on the reference. */
function tracedRun(traced: Traced, values: Values): ProgramRun {
  const { program, parameters, parameterElements } = traced
  const place = (name: string) => ({ buffer: program.bufferNames.indexOf(name), offset: 0 })
  const given = (name: string) => values[name]!
  return {
    words: program.words,
    segments: ['forward'],
    status: 'ok',
    parameterElements,
    slotElements: 0,
    dimensions: program.inputDimensions.map(({ capacity }) => capacity),
    scalars: [],
    given: [
      ...program.inputs.map(({ name }) => ({ ...place(name), values: given(name) })),
      ...parameters.map(({ name, offset }) => ({ ...place('parameters'), offset, values: given(name) })),
    ],
    expected: Object.entries(runFunction(reference, traced, values).outputs).map(([name, numbers]) => ({
      ...place(name),
      values: numbers,
      tolerance: 1e-4,
    })),
  }
}

/** Two walks along a sequence, which run at the same time where neither waits for the other. */
function walksRun(walks: Walks): ProgramRun {
  const traced = traceWalks(walks)
  const lengths = walks.ragged ? { 'lengths 0': walkLengths, 'lengths 1': walkLengths } : {}
  return tracedRun(traced, { ...randomValues(traced, 5, 0.25), ...lengths })
}

/** Loops over time, and the loops that are their gradients. */
function loopRun(kind: 'rnn' | 'lstm', reverse: boolean): ProgramRun {
  const sizes = { T: 6, B: 3, I: 5, H: 7 }
  const traced = traceFunction((b) => defineScanned(b, kind, sizes, reverse, true), { gradients: true })
  return tracedRun(traced, { ...randomValues(traced, 5), ...scannedLengths(sizes) })
}

const folder = process.argv[2]
if (folder === undefined) throw new Error('usage: make-programs.ts FOLDER')
mkdirSync(folder, { recursive: true })
let count = 0
for (const of of Object.values(cases).flat()) {
  for (const layout of layouts) {
    const run = programRun(of, layout)
    if (!run) continue
    const name = `${of.name} ${layout} ${count}`.replace(/[^a-zA-Z0-9]+/g, '-')
    writeProgramFile(join(folder, `${name}.program`), run)
    count += 1
  }
}
for (const { name, ...walks } of allWalks) {
  writeProgramFile(join(folder, `walks-${name.replace(/[^a-zA-Z0-9]+/g, '-')}.program`), walksRun(walks))
  count += 1
}
for (const kind of ['rnn', 'lstm'] as const) {
  for (const reverse of [false, true]) {
    writeProgramFile(
      join(folder, `loop-${kind}-${reverse ? 'reverse' : 'forward'}.program`),
      loopRun(kind, reverse),
    )
    count += 1
  }
}
console.log(`${count} program files`)
