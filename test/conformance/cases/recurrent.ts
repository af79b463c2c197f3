import {
  type InstructionName,
  instructionTable,
  type Precision,
  precisions,
} from '../../../src/contract/index.js'
import type { Case, Data } from '../case.js'

/** What the three cells have in common: sizes, directions, masks, and which optional operands are there. */
interface Cell {
  readonly forward: InstructionName
  readonly backward: InstructionName
  readonly attributes: Readonly<Record<string, number>>
  readonly text: string
  /** Optional operands of the forward instruction, without lengths; its backward gets those that it has too. */
  readonly inputs: readonly string[]
  /** What forward leaves for backward, where it does. */
  readonly saved: readonly string[]
  readonly upstream: readonly string[]
  readonly gradients: readonly string[]
  /** Masks of states; other code on some executors. */
  readonly masks: readonly string[]
}

const maskData = {
  recurrentMask: { integers: [0, 2] },
  updateH: { integers: [0, 1] },
  updateC: { integers: [0, 1] },
} as const

const sizes = [
  { T: 1, B: 1, I: 1, H: 1 },
  { T: 1, B: 3, I: 2, H: 7 },
  { T: 3, B: 1, I: 5, H: 3 },
  { T: 5, B: 2, I: 3, H: 17 },
  { T: 4, B: 7, I: 33, H: 16 },
  { T: 6, B: 3, I: 1, H: 33 },
  { T: 2, B: 20, I: 100, H: 64 },
  { T: 3, B: 20, I: 12, H: 100 },
  { T: 40, B: 5, I: 8, H: 24 },
  // Few rows, many units: threads share the units.
  { T: 16, B: 2, I: 20, H: 130 },
]
/** More steps than x · kernel is computed for at a time. */
const long = { T: 200, B: 33, I: 2, H: 7 }
const middle = { T: 5, B: 4, I: 7, H: 19 }
type Size = typeof middle
/**
 * In a reduced precision two executors agree as closely as in float32 until a number that they know to a few units in the
 * last place lies between two that they round to: never at the first step, whose operands are given, and seldom in few more.
 */
const steps = [...sizes.map((size) => ({ ...size, T: 1 })), { T: 1, B: 33, I: 70, H: 40 }]
const few = [
  { T: 3, B: 2, I: 5, H: 9 },
  { T: 2, B: 5, I: 3, H: 16 },
  { T: 2, B: 2, I: 20, H: 130 },
]
/** A single step of rows of which several have the same input, and others the same state. */
const alike = { T: 1, B: 23, I: 6, H: 19 }
const equalRows = {
  x: rowsOf(alike.B, alike.I, 4),
  initialH: rowsOf(alike.B, alike.H, 7),
}

/** [rows, width], in turn so many that differ. */
function rowsOf(rows: number, width: number, distinct: number): number[] {
  const element = (row: number, i: number): number => (((row % distinct) * 5 + i * 3) % 11) / 8 - 0.5
  return Array.from({ length: rows * width }, (_, i) => element(Math.floor(i / width), i % width))
}

/** Embedded letters: of the inputs of all steps few differ. Of one row or two that a thread takes, and on several threads. */
const letters = [
  { T: 7, B: 21, I: 6, H: 40 },
  { T: 12, B: 1, I: 3, H: 33 },
  { T: 9, B: 3, I: 3, H: 40 },
  { T: 12, B: 33, I: 17, H: 64 },
]
/** Of the inputs fewer than half differ, and yet more than a chunk of steps has rows. */
const words = { T: 40, B: 20, I: 4, H: 160 }
const manyWords = Array.from({ length: words.T * words.B * words.I }, (_, i) => {
  const row = Math.floor(i / words.I)
  return ((row % 150) * words.I + (i % words.I)) / 600 - 0.5
})

/** x [1, 3, 2] */
const beyond = { x: [NaN, 1, Number.POSITIVE_INFINITY, -1, 0.5, 2] }
/** x [3, 2, 1] where nobody may look, given these lengths. */
const nowhere = { lengths: [1, 2], x: [0.5, -1, NaN, 2, NaN, NaN] }

export function recurrentCases(cell: Cell): Case[] {
  const { inputs, upstream, gradients, masks } = cell
  const reads = instructionTable[cell.backward].operands.map(({ name }) => name)
  const pair = (
    name: string,
    variables: Size,
    parts: Partial<Parts>,
    data?: Readonly<Record<string, Data>>,
  ): Case => {
    const { masked = false, reverse = 0, given = inputs, from = upstream, to = gradients } = parts
    const { precision = 'float32', zoneout = 0 } = parts
    const lengths = masked ? ['lengths'] : []
    const { T, B, I, H } = variables
    const reduced = precision === 'float32' ? '' : ` ${precision}`
    const way = `${reverse ? ' reverse' : ''}${masked ? ' masked' : ''}${reduced}`
    // What int8 has rounded is differentiated as if it were not.
    const backward = precision === 'int8' ? precisions.float32 : precisions[precision]
    return {
      name: `${cell.text} and backward T${T} B${B} I${I} H${H}${way}${name}`,
      steps: [
        {
          instruction: cell.forward,
          optional: [...given, ...lengths, ...cell.saved],
          attributes: { precision: precisions[precision] },
        },
        {
          instruction: cell.backward,
          optional: [...given.filter((name) => reads.includes(name)), ...from, ...to, ...lengths],
          attributes: { precision: backward },
        },
      ],
      variables,
      attributes: { zoneoutH: zoneout, zoneoutC: zoneout / 2, ...cell.attributes, reverse },
      data: { ...maskData, ...data },
      // Gradients of gates are computed before they are rounded, so one may lie between two even at the first step.
      ...(backward === precisions.bfloat16 ? { tolerance: 3e-3 } : {}),
    }
  }
  const without = (all: readonly string[], name: string) => all.filter((other) => other !== name)
  const forward = (
    variables: Size,
    parts: Partial<Parts>,
    text = '',
    data?: Readonly<Record<string, Data>>,
  ): Case => {
    const { steps, name, tolerance: _, ...rest } = pair(`${text} without backward`, variables, parts, data)
    const [first] = steps
    const optional = first!.optional!.filter((other) => !cell.saved.includes(other))
    return { ...rest, name: name.replace(' and backward', ''), steps: [{ ...first!, optional }] }
  }
  const broken = (instruction: InstructionName, length: number): Case => {
    const present = instruction === cell.forward ? ['lengths'] : ['lengths', 'dy', 'dx']
    return {
      ...pair('', middle, {}),
      name: `${instruction} ${cell.text} with a length of ${length}`,
      // A backward instruction alone would read what no forward saved, so its forward runs unmasked before it.
      steps:
        instruction === cell.forward
          ? [{ instruction, optional: present }]
          : [
              { instruction: cell.forward, optional: cell.saved },
              { instruction, optional: present },
            ],
      attributes: { zoneoutH: 0, zoneoutC: 0, ...cell.attributes, reverse: 0 },
      data: { lengths: [5, 0, length, 2] },
      status: 'indexOutOfRange',
    }
  }
  const reduced = (precision: Precision): Case[] => [
    ...steps.map((size, i) => pair('', size, { precision, masked: i % 2 === 1, reverse: i & 2 ? 1 : 0 })),
    ...few.flatMap((size) => [
      forward(size, { precision }),
      forward(size, { precision, masked: true, reverse: 1 }),
      pair('', size, { precision, masked: true }),
    ]),
    pair(' with nothing optional', few[0]!, { precision, given: [], from: [], to: [] }),
    ...few.flatMap((size) => [
      pair(' with masks', size, { precision, masked: true, given: [...inputs, ...masks] }),
      forward(size, { precision, zoneout: 0.3 }, ' zoneout'),
    ]),
    forward(few[0]!, { precision, given: [] }, ' of zeros', { x: { integers: [0, 0] } }),
    forward({ T: 3, B: 2, I: 1, H: 9 }, { precision, masked: true }, ' with NaN at masked steps', nowhere),
    forward({ T: 1, B: 3, I: 2, H: 7 }, { precision }, ' with NaN and infinity', beyond),
  ]
  return [
    ...sizes.flatMap((size) =>
      [false, true].flatMap((masked) => [0, 1].map((reverse) => pair('', size, { masked, reverse }))),
    ),
    ...sizes.map((size, i) =>
      pair(' with masks', size, {
        masked: i % 2 === 1,
        reverse: i & 2 ? 1 : 0,
        given: [...inputs, ...masks],
      }),
    ),
    ...masks.map((name) => pair(` with ${name}`, middle, { masked: true, given: [...inputs, name] })),
    // Nothing doubles: without an activation, states would grow for 200 steps.
    pair(
      ' with masks',
      long,
      { masked: true, reverse: 1, given: [...inputs, ...masks] },
      { recurrentMask: { integers: [0, 1] } },
    ),
    ...[middle, long].map((size) => forward(size, { zoneout: 0.3, masked: true }, ' zoneout')),
    ...[false, true].flatMap((masked) => [
      pair(' of equal rows', alike, { masked }, equalRows),
      forward(alike, { masked }, ' of equal rows', equalRows),
      pair(' of equal rows with masks', alike, { masked, given: [...inputs, ...masks] }, equalRows),
    ]),
    forward({ T: 1, B: 40, I: 50, H: 3 }, {}, ' of equal inputs', { x: rowsOf(40, 50, 11) }),
    // By rows, and by units.
    ...[41, 12].map((B) => {
      const size = { T: 1, B, I: 64, H: 96 }
      return forward(size, {}, ' of equal rows', { x: rowsOf(B, 64, 3), initialH: rowsOf(B, 96, 5) })
    }),
    ...letters.flatMap((size) => {
      const data = { x: rowsOf(size.T * size.B, size.I, 5) }
      return [
        forward(size, {}, ' of letters', data),
        forward(size, { reverse: 1 }, ' of letters', data),
        forward(size, { masked: true }, ' of letters', data),
        forward(size, { masked: true, reverse: 1 }, ' of letters', data),
        forward(size, { masked: true, given: [...inputs, ...masks] }, ' of letters with masks', data),
      ]
    }),
    forward(words, {}, ' of words', { x: manyWords }),
    forward(letters[0]!, { masked: true }, ' of letters in empty rows', {
      x: rowsOf(147, 6, 5),
      lengths: Array.from({ length: 21 }, () => 0),
    }),
    pair(' of empty rows only', middle, { masked: true }, { lengths: [0, 0, 0, 0] }),
    pair(' of full rows only', middle, { masked: true }, { lengths: [5, 5, 5, 5] }),
    pair(' with nothing optional', middle, { given: [], from: [], to: [] }),
    pair(' with nothing optional', middle, { given: [], from: ['dy'], to: ['dx'], masked: true, reverse: 1 }),
    pair(' with no gradient from above', middle, { from: [] }),
    ...inputs.map((name) => pair(` without ${name}`, middle, { given: without(inputs, name) })),
    ...upstream.map((name) =>
      pair(` without ${name}`, middle, { from: without(upstream, name), masked: true }),
    ),
    ...upstream.map((name) => pair(` only ${name}`, middle, { from: [name], masked: true, reverse: 1 })),
    ...gradients.map((name) => pair(` only ${name}`, middle, { to: [name], masked: true })),
    ...gradients.map((name) =>
      pair(` without ${name}`, middle, { to: without(gradients, name), reverse: 1 }),
    ),
    ...[middle, long].flatMap((size) => [forward(size, {}), forward(size, { masked: true, reverse: 1 })]),
    pair('', long, { masked: true }),
    pair('', long, { masked: true, reverse: 1 }),
    pair(' with NaN at masked steps', { T: 3, B: 2, I: 1, H: 9 }, { masked: true }, nowhere),
    pair(' with NaN at masked steps', { T: 3, B: 2, I: 1, H: 9 }, { masked: true, reverse: 1 }, nowhere),
    broken(cell.forward, 6),
    broken(cell.forward, -1),
    broken(cell.backward, 6),
    broken(cell.backward, -1),
    ...(['bfloat16', 'int8'] as const).flatMap(reduced),
  ]
}

interface Parts {
  readonly masked: boolean
  readonly reverse: number
  readonly given: readonly string[]
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly precision: Precision
  readonly zoneout: number
}
