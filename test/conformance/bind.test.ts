import { describe, expect, it } from 'vitest'
import { ProgramBinding, statusOf } from '../../src/backends/bind.js'
import { header, type InvalidReason, invalidReasons, statuses, version } from '../../src/contract/index.js'
import { OstinatoError } from '../../src/errors.js'
import { RandomStream } from '../../src/random/random.js'
import { Assembler } from './assembler.js'
import { cases } from './cases/index.js'
import { layouts, lowerCase } from './lower.js'

/** A small program with something of everything that can be broken; `change` breaks it before it is put together. */
function assemble(change: (parts: Parts) => void = () => {}): Int32Array {
  const parts = makeParts()
  change(parts)
  const { assembler: a } = parts
  a.scalars = 1
  a.instruction('matmul', parts.matmul, [0])
  a.instruction('tanh', parts.tanh, [])
  a.instruction('slice', parts.slice, parts.start)
  a.instruction('dropout', parts.dropout, [1, ...parts.rate, 0, 0])
  a.instruction('sgd', parts.sgd, [...parts.ranges, ...parts.nesterov, 0, 0, 0, 0, 0, 0])
  a.instruction('copy', parts.copy, [])
  for (const [kind, first, count] of parts.segments) a.segment(kind, first, count)
  return a.build()
}

type Parts = ReturnType<typeof makeParts>

function makeParts() {
  const a = new Assembler()
  const dimensions = {
    batch: a.input(8),
    one: a.constant(1),
    two: a.constant(2),
    three: a.constant(3),
    five: a.constant(5),
    fifteen: a.constant(15),
  }
  const buffers = {
    arena: a.buffer('arena', 'f32', 200),
    input: a.buffer('input', 'f32', 24),
    tokens: a.buffer('input', 'i32', 40),
    parameters: a.buffer('parameters', 'f32', 15),
    gradients: a.buffer('gradients', 'f32', 16),
    slots: a.buffer('slots', 'f32', 15),
    statistics: a.buffer('statistics', 'f64', 3),
    states: a.buffer('states', 'f32', 40),
    output: a.buffer('output', 'f32', 40),
  }
  const tensor = (buffer: keyof typeof buffers, offset: number, ...axes: (keyof typeof dimensions)[]) => {
    const type = buffer === 'tokens' ? 'i32' : buffer === 'statistics' ? 'f64' : 'f32'
    return a.value(
      buffers[buffer],
      type,
      offset,
      axes.map((axis) => dimensions[axis]),
    )
  }
  const y = tensor('arena', 0, 'batch', 'five')
  const z = tensor('output', 0, 'batch', 'five')
  const rows = tensor('output', 0, 'one', 'batch', 'five')
  a.range({ offset: 0, length: 15, decay: 1, rate: 1 })
  a.range({ offset: 10, length: 6, decay: 1, rate: 1 })
  return {
    assembler: a,
    dimensions,
    buffers,
    tensor,
    tokens: tensor('tokens', 0, 'batch', 'five'),
    matmul: [tensor('input', 0, 'batch', 'three'), tensor('parameters', 0, 'three', 'five'), -1, y],
    tanh: [y, z],
    // Two rows of the batch.
    slice: [rows, tensor('arena', 48, 'one', 'two', 'five')],
    start: [0],
    dropout: [rows, tensor('arena', 100, 'one', 'batch', 'five')],
    rate: [0],
    sgd: [
      tensor('parameters', 0, 'fifteen'),
      tensor('gradients', 0, 'fifteen'),
      tensor('gradients', 15, 'one'),
      tensor('statistics', 2, 'one'),
      tensor('slots', 0, 'fifteen'),
    ],
    ranges: [0, 1],
    nesterov: [0],
    copy: [z, tensor('arena', 150, 'batch', 'five')],
    segments: [
      ['forward', 0, 4],
      ['update', 4, 2],
    ] as ['forward' | 'update', number, number][],
  }
}

function errorOf(action: () => unknown): OstinatoError {
  try {
    action()
  } catch (error) {
    if (error instanceof OstinatoError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

function expectRefused(
  words: Int32Array,
  reason: InvalidReason,
  instruction = -1,
  position?: number,
): OstinatoError {
  const error = errorOf(() => new ProgramBinding(words))
  expect(error.code).toBe('INVALID_PROGRAM')
  expect(error.message).toContain(reason === 'otherContract' ? 'instruction set' : reason)
  const { status, words: details } = statusOf(error)
  expect(status).toBe('invalidProgram')
  expect(details.slice(0, 3)).toEqual([statuses.invalidProgram, instruction, invalidReasons[reason]])
  if (position !== undefined) expect(details[3]).toBe(position)
  return error
}

describe('a program is refused', () => {
  const word = (
    name: keyof typeof header,
    value: number,
  ): [string, InvalidReason, (words: Int32Array) => void] => [
    `${name} ${value}`,
    name === 'contractHash'
      ? 'otherContract'
      : name.endsWith('Offset') || name.endsWith('Count') || name === 'codeWords'
        ? 'section'
        : 'header',
    (words) => {
      words[header[name]] = value
    },
  ]
  it.each([
    word('magic', 1),
    word('version', version + 1),
    word('contractHash', 0),
    word('totalWords', 7),
    word('workLimit', -1),
    word('workLimit', 64),
    word('bufferOffset', -1),
    word('bufferOffset', 3),
    word('bufferOffset', 1_000_000),
    word('bufferCount', -1),
    word('bufferCount', 0x7fffffff),
    word('valueCount', 0x7fffffff),
    word('codeWords', -1),
    word('codeOffset', 1_000_000),
    word('segmentCount', 1000),
  ])('for its header: %s', (_, reason, change) => {
    const words = assemble()
    change(words)
    expectRefused(words, reason)
  })

  it('when it is cut short, or longer than it says', () => {
    const words = assemble()
    expectRefused(words.slice(0, -1), 'header')
    expectRefused(words.slice(0, 5), 'header')
    expectRefused(Int32Array.from([...words, 0]), 'header')
  })

  it('when nothing names a dimension of the caller', () => {
    const words = assemble()
    words[header.inputDimensionCount] = 2
    expectRefused(words, 'dimension')
  })

  it.each<[string, InvalidReason, number, number, (parts: Parts) => void]>([
    ['a segment that goes back', 'segment', -1, 2, (p) => p.segments.push(['forward', 3, 1])],
    ['a segment beyond the code', 'segment', -1, 1, (p) => p.segments.splice(1, 1, ['update', 4, 3])],
    ['an operand that is missing', 'operandMissing', 1, 0, (p) => p.tanh.splice(0, 1, -1)],
    ['an operand that does not exist', 'operandMissing', 1, 1, (p) => p.tanh.splice(1, 1, 99)],
    [
      'an inner axis that differs',
      'operandShape',
      0,
      1,
      (p) => p.matmul.splice(1, 1, p.tensor('parameters', 0, 'five', 'three')),
    ],
    ['one axis too few', 'operandShape', 0, 1, (p) => p.matmul.splice(1, 1, p.sgd[0]!)],
    ['a wrong optional operand', 'operandShape', 0, 2, (p) => p.matmul.splice(2, 1, p.sgd[0]!)],
    ['integers for floats', 'operandType', 1, 0, (p) => p.tanh.splice(0, 1, p.tokens)],
    ['float64 for float32', 'operandType', 4, 2, (p) => p.sgd.splice(2, 1, p.sgd[3]!)],
    ['words of two types', 'operandType', 5, 1, (p) => p.copy.splice(0, 1, p.tokens)],
    [
      'a tensor that leaves its buffer',
      'operandOutOfBounds',
      1,
      1,
      (p) => p.tanh.splice(1, 1, p.tensor('output', 1, 'batch', 'five')),
    ],
    [
      'an output on the end of an input',
      'operandOverlap',
      0,
      3,
      (p) => {
        p.matmul[0] = p.tensor('arena', 20, 'batch', 'three')
        p.matmul[3] = p.tensor('arena', 43, 'batch', 'five')
      },
    ],
    ['an output on all of an input', 'operandOverlap', 5, 1, (p) => p.copy.splice(0, 1, p.copy[1]!)],
    [
      'an output that covers half of what it replaces',
      'operandOverlap',
      1,
      1,
      (p) => p.tanh.splice(1, 1, p.tensor('arena', 20, 'batch', 'five')),
    ],
    [
      'an output in the parameters',
      'operandBuffer',
      1,
      1,
      (p) => p.tanh.splice(1, 1, p.tensor('parameters', 0, 'one')),
    ],
    ['an output in an input', 'operandBuffer', 1, 1, (p) => p.tanh.splice(1, 1, p.matmul[0]!)],
    [
      'an output in the states',
      'operandBuffer',
      5,
      1,
      (p) => p.copy.splice(1, 1, p.tensor('states', 0, 'batch', 'five')),
    ],
    [
      'an update of an input',
      'operandBuffer',
      4,
      4,
      (p) => p.sgd.splice(4, 1, p.tensor('input', 0, 'three', 'five')),
    ],
    ['an attribute too large', 'attribute', 4, 1, (p) => p.nesterov.splice(0, 1, 2)],
    ['an attribute too small', 'attribute', 2, 0, (p) => p.start.splice(0, 1, -1)],
    ['a scalar that does not exist', 'attribute', 3, 1, (p) => p.rate.splice(0, 1, 1)],
    ['a negative scalar', 'attribute', 3, 1, (p) => p.rate.splice(0, 1, -1)],
    ['a slice beyond its source', 'constraint', 2, 0, (p) => p.start.splice(0, 1, 7)],
    ['a slice far beyond its source', 'constraint', 2, 0, (p) => p.start.splice(0, 1, 0x7fffffff)],
    ['ranges beyond the table', 'range', 4, 0, (p) => p.ranges.splice(0, 2, 1, 2)],
    ['ranges before the table', 'range', 4, 0, (p) => p.ranges.splice(0, 2, -1, 1)],
    ['a range beyond the parameters', 'range', 4, 0, (p) => p.ranges.splice(0, 2, 0, 2)],
  ])('for %s', (_, reason, instruction, position, change) => {
    const error = expectRefused(assemble(change), reason, instruction, position)
    if (instruction < 0) return
    expect(error.where).toMatch(new RegExp(`^program, instruction ${instruction} \\([a-z_]+\\)$`))
  })

  it.each<[string, InvalidReason, (a: Assembler) => void]>([
    ['a capacity of 0', 'dimension', (a) => a.input(0)],
    ['a negative constant', 'dimension', (a) => a.constant(-1)],
    ['a dimension of later ones', 'dimension', (a) => a.sum(99, 1, 1)],
    ['a dimension below 0', 'dimension', (a) => a.sum(0, -9, 1)],
    ['a buffer of negative size', 'buffer', (a) => a.buffer('arena', 'f32', -1)],
    ['a buffer that is too large', 'buffer', (a) => a.buffer('arena', 'f32', 0x7fffffff)],
    ['a second parameter buffer', 'buffer', (a) => a.buffer('parameters', 'f32', 15)],
    ['integer parameters', 'buffer', (a) => a.buffer('gradients', 'i32', 15)],
    ['float64 in the arena', 'buffer', (a) => a.buffer('arena', 'f64', 15)],
    ['a value in no buffer', 'value', (a) => a.value(99, 'f32', 0, [])],
    ['a value of no dimension', 'value', (a) => a.value(0, 'f32', 0, [99])],
    ['a value before its buffer', 'value', (a) => a.value(0, 'f32', -1, [])],
    ['a value of another type than its buffer', 'value', (a) => a.value(1, 'i32', 0, [])],
    ['a float64 in the arena', 'value', (a) => a.value(0, 'f64', 0, [])],
  ])('for %s', (_, reason, change) => {
    expectRefused(
      assemble((parts) => void change(parts.assembler)),
      reason,
    )
  })
})

describe('a program is bound', () => {
  it('at the actual sizes of a run', () => {
    const binding = new ProgramBinding(assemble())
    expect(binding.inputDimensions).toEqual([{ capacity: 8 }])
    expect(binding.segments).toEqual([
      { kind: 'forward', first: 0, count: 4 },
      { kind: 'update', first: 4, count: 2 },
    ])
    const [matmul, tanh] = binding.bind(Int32Array.of(4)).instructions
    expect(matmul!.name).toBe('matmul')
    expect(matmul!.variables).toEqual([4, 3, 5]) // M, K, N
    expect(matmul!.operands.map((o) => o && [o.buffer, o.offset, o.elements])).toEqual([
      [1, 0, 12],
      [3, 0, 15],
      undefined,
      [0, 0, 20],
    ])
    expect(tanh!.variables).toEqual([20])
  })

  it('with an offset that grows with a dimension', () => {
    const words = assemble(({ assembler, slice, buffers, dimensions: { one, two, five, batch } }) => {
      slice[1] = assembler.value(buffers.arena, 'f32', 48, [one, two, five], [batch, 5])
    })
    const slice = new ProgramBinding(words).bind([3]).instructions[2]!
    expect(slice.operands[1]!.offset).toBe(48 + 3 * 5)
  })

  describe('with loops', () => {
    /** copy(x[t] → states[t + 1]) for the steps of the run, at most 8; `stride` as a dimension, −1: none. */
    function looped(change: Partial<Record<'first' | 'count' | 'reverse' | 'room' | 'shift', number>> = {}) {
      const { first = 0, count = 1, reverse = 0, room = 27, shift = 3 } = change
      const assembler = new Assembler()
      const T = assembler.input(8)
      const three = assembler.constant(3)
      const x = assembler.buffer('input', 'f32', 24)
      const states = assembler.buffer('arena', 'f32', room)
      const from = assembler.value(x, 'f32', 0, [three], [-1, 0], three)
      const to = assembler.value(states, 'f32', shift, [three], [-1, 0], three)
      assembler.instruction('copy', [from, to], [])
      assembler.segment('forward', 0, 1)
      assembler.loop(first, count, T, reverse)
      return assembler.build()
    }

    it('at the steps of a run', () => {
      const { instructions, loops } = new ProgramBinding(looped({ reverse: 1 })).bind([5])
      expect(loops).toEqual([{ first: 0, count: 1, steps: 5, reverse: true }])
      expect(instructions[0]!.operands.map((o) => o && [o.offset, o.elements, o.stride])).toEqual([
        [0, 3, 3],
        [3, 3, 3],
      ])
    })

    it.each([
      ['whose last step leaves the memory', { room: 26 }, 'operandOutOfBounds'],
      ['that starts behind the code', { first: 1 }, 'loop'],
      ['that leaves the code', { count: 2 }, 'loop'],
      ['without a body', { count: 0 }, 'loop'],
      ['of no direction', { reverse: 2 }, 'loop'],
    ] as const)('not %s', (_, change, reason) => {
      expect(errorOf(() => new ProgramBinding(looped(change))).message).toContain(reason)
    })
  })

  it('not with sizes outside 1 … capacity', () => {
    const binding = new ProgramBinding(assemble())
    for (const size of [0, -1, 9, 2.5, Number.NaN]) {
      const error = errorOf(() => binding.bind([size]))
      expect(error.code).toBe('DIMENSION_OUT_OF_RANGE')
      expect(statusOf(error).words).toEqual([statuses.dimensionOutOfRange, -1, 0, size])
    }
    expect(errorOf(() => binding.bind([])).code).toBe('DIMENSION_OUT_OF_RANGE')
  })

  it('not with sizes at which an instruction is wrong', () => {
    // Two rows of a batch of one.
    const error = errorOf(() => new ProgramBinding(assemble()).bind([1]))
    expect(error.message).toContain('instruction 2 (slice): constraint')
  })

  it('not beyond its work limit', () => {
    // The product alone takes 3 · 5 · 4 multiply-adds.
    const words = assemble((parts) => {
      parts.assembler.workLimit = 5
    })
    const error = errorOf(() => new ProgramBinding(words).bind([4]))
    expect(error.code).toBe('WORK_LIMIT')
    expect(statusOf(error).status).toBe('workLimit')
  })

  it('whatever a case list holds, and refuses or binds every program with a word changed', () => {
    const stream = new RandomStream(3)
    const lists = Object.values(cases).map((list) => list[stream.integer(list.length)]!)
    let refused = 0
    let bound = 0
    for (const of of lists) {
      for (const layout of layouts) {
        const lowered = lowerCase(of, layout)
        if (!lowered) continue
        expect(() => new ProgramBinding(lowered.words).bind(lowered.dimensions)).not.toThrow()
        for (let i = 0; i < 200; i++) {
          const words = lowered.words.slice()
          const values = [0, 1, -1, 2, 0x7fffffff, -0x80000000, stream.integer(64)]
          words[stream.integer(words.length)] = values[stream.integer(values.length)]!
          try {
            new ProgramBinding(words).bind(lowered.dimensions)
            bound += 1
          } catch (error) {
            statusOf(error) // any other error is thrown on
            refused += 1
          }
        }
      }
    }
    expect(refused).toBeGreaterThan(1000)
    expect(bound).toBeGreaterThan(1000)
  })
})
