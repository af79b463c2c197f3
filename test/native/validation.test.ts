import { describe, expect, it } from 'vitest'
import { ProgramBinding, statusOf } from '../../src/backends/bind.js'
import { loadNative } from '../../src/backends/native.js'
import {
  bufferWords,
  header,
  type InvalidReason,
  invalidReasons,
  statuses,
  valueWords,
  version,
} from '../../src/contract/index.js'
import { OstinatoError } from '../../src/errors.js'
import { RandomStream } from '../../src/random/random.js'
import { cases } from '../conformance/cases/index.js'
import { layouts, lowerCase } from '../conformance/lower.js'
import { loadAddon, parameterElements, trainingProgram } from './programs.js'

const addon = loadAddon()

/** [reason, instruction, position] with which the addon refuses; undefined where it accepts. */
function nativeVerdict(words: Int32Array, parameters: number, slots: number): number[] | undefined {
  try {
    new addon.WeightStore(parameters, slots).createContext(words).dispose()
    return undefined
  } catch (error) {
    const refusal = error as { code: string; reason: number; instruction: number; position: number }
    if (refusal.code !== 'INVALID_PROGRAM') throw error
    return [refusal.reason, refusal.instruction, refusal.position]
  }
}

/** The same from the checker in TypeScript, which shares no code with it. */
function referenceVerdict(words: Int32Array): number[] | undefined {
  try {
    new ProgramBinding(words)
    return undefined
  } catch (error) {
    const [, instruction, reason, position] = statusOf(error).words
    return [reason, instruction, position]
  }
}

/** The training program with one word changed: of a section, or of the header. */
function changed(section: keyof typeof header, index: number, value: number): () => Int32Array {
  return () => {
    const words = trainingProgram()
    words[words[header[section]]! + index] = value
    return words
  }
}
const headed = (name: keyof typeof header, value: number) => () => {
  const words = trainingProgram()
  words[header[name]] = value
  return words
}

// Where things stand in the training program.
const code = { matmul: 0, sgd: 34 }
const value = { input: 1, prediction: 3, dKernel: 5, loss: 8 }
const arena = 4

const broken: Record<InvalidReason, [make: () => Int32Array, instruction: number, position: number]> = {
  header: [headed('version', version + 1), -1, -1],
  otherContract: [headed('contractHash', 1), -1, -1],
  section: [headed('valueOffset', 1 << 30), -1, -1],
  dimension: [changed('dimensionOffset', 3, 0), -1, 0],
  buffer: [changed('bufferOffset', 2, -1), -1, 0],
  value: [changed('valueOffset', 0, 99), -1, 0],
  segment: [changed('segmentOffset', 2, 99), -1, 0],
  unknownInstruction: [changed('codeOffset', code.matmul, 127), 0, -1],
  instructionLength: [changed('codeOffset', code.matmul + 1, 8), 0, -1],
  operandMissing: [changed('codeOffset', code.matmul + 2, -1), 0, 0],
  operandType: [changed('codeOffset', code.matmul + 2, value.loss), 0, 0],
  operandShape: [changed('codeOffset', code.matmul + 3, value.input), 0, 1],
  operandOutOfBounds: [changed('valueOffset', value.prediction * valueWords + 2, 1), 0, 3],
  operandOverlap: [changed('valueOffset', value.dKernel * valueWords, arena), 3, 2],
  operandBuffer: [changed('codeOffset', code.matmul + 5, value.input), 0, 3],
  attribute: [changed('codeOffset', code.sgd + 9, 2), 5, 1],
  range: [changed('codeOffset', code.sgd + 8, 2), 5, 0],
  constraint: [
    () =>
      trainingProgram((a) => {
        const [one, two, I] = [1, 2, 3]
        a.instruction('slice', [value.input, a.value(arena, 'f32', 32, [one, two, I])], [7])
      }),
    6,
    0,
  ],
  loop: [changed('valueOffset', value.input * valueWords + valueWords - 1, 0), 0, 0],
}

describe('the addon refuses a program', () => {
  it('and accepts the one that is whole', () => {
    expect(nativeVerdict(trainingProgram(), parameterElements, parameterElements)).toBeUndefined()
  })

  it.each(Object.entries(broken))('for its %s', (reason, [make, instruction, position]) => {
    const expected = [invalidReasons[reason as InvalidReason], instruction, position]
    expect(nativeVerdict(make(), parameterElements, parameterElements)).toEqual(expected)
    const store = loadNative().createStore(parameterElements, parameterElements)
    const error = errorOf(() => store.createContext(make()))
    expect(error.code).toBe('INVALID_PROGRAM')
    expect(error.where).toContain(instruction < 0 ? 'program' : `instruction ${instruction}`)
    expect(error.message).toContain(reason === 'otherContract' ? 'instruction set' : reason)
  })

  it('of parameters that the store does not have', () => {
    const error = errorOf(() =>
      loadNative().createStore(15, parameterElements).createContext(trainingProgram()),
    )
    expect(error.message).toBe('program: buffer, position 0')
  })
})

function errorOf(action: () => unknown): OstinatoError {
  try {
    action()
  } catch (error) {
    if (error instanceof OstinatoError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('programs with random words changed', () => {
  const stream = new RandomStream(7)
  const programs = [
    { words: trainingProgram(), dimensions: [3], parameterElements, slotElements: parameterElements },
    ...Object.values(cases)
      .flatMap((list) => list.slice(0, 2))
      .flatMap((of) => layouts.flatMap((layout) => lowerCase(of, layout) ?? [])),
  ]

  /** Mostly what a program could hold: small numbers, neighbours, words from elsewhere. */
  function plausible(words: Int32Array, before: number): number {
    const choices = [
      stream.integer(10),
      stream.integer(10),
      before + 1,
      before - 1,
      before * 2,
      words[stream.integer(words.length)]!,
      [0x7fffffff, -0x80000000, -1, 0x7fffffc0][stream.integer(4)]!,
    ]
    return choices[stream.integer(choices.length)]!
  }

  /** What the buffers of a program would take, where it gets that far. */
  function elements(words: Int32Array): number {
    const first = words[header.bufferOffset]!
    const sizes = Array.from(
      { length: words[header.bufferCount]! },
      (_, i) => words[first + i * bufferWords + 2]!,
    )
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  it('are refused as the checker in TypeScript refuses them, or run to a status', () => {
    const seen = { refused: 0, ok: 0, ended: 0 }
    for (let i = 0; i < 12_000; i++) {
      const program = programs[stream.integer(programs.length)]!
      const words = program.words.slice()
      for (let change = stream.integer(3); change >= 0; change--) {
        const index = stream.integer(words.length)
        words[index] = plausible(words, words[index]!)
      }
      const expected = referenceVerdict(words)
      if (expected) {
        const received = nativeVerdict(words, program.parameterElements, program.slotElements)
        expect(received, `mutant ${i}`).toEqual(expected)
        seen.refused += 1
        continue
      }
      if (elements(words) > 1 << 20 || words[header.scalarCount]! > 1000) continue
      words[header.workLimit] = Math.min(words[header.workLimit]!, 20)
      const store = new addon.WeightStore(program.parameterElements, program.slotElements)
      const context = contextOf(store, words)
      if (!context) continue
      const { dimensions, status, inputs } = context.windows()
      dimensions.set(program.dimensions.slice(0, dimensions.length))
      for (const input of inputs) input.fill(stream.integer(4))
      const result = context.runSync(7)
      expect(Object.values(statuses)).toContain(result)
      expect(status[0]).toBe(result)
      seen[result === statuses.ok ? 'ok' : 'ended'] += 1
      context.dispose()
    }
    expect(seen.refused).toBeGreaterThan(3000)
    expect(seen.ok).toBeGreaterThan(1000)
    expect(seen.ended).toBeGreaterThan(50)
  }, 120_000)

  /** Undefined where the program asks for other parameters than the store has. */
  function contextOf(store: InstanceType<typeof addon.WeightStore>, words: Int32Array) {
    try {
      return store.createContext(words)
    } catch (error) {
      expect((error as { reason: number }).reason).toBe(invalidReasons.buffer)
      return undefined
    }
  }
})
