import type { Case, CaseList, Data } from '../case.js'

const sizes = [
  { T: 1, B: 1, H: 1 },
  { T: 1, B: 3, H: 7 },
  { T: 3, B: 1, H: 5 },
  { T: 5, B: 4, H: 17 },
  { T: 4, B: 7, H: 16 },
  { T: 40, B: 5, H: 3 },
  { T: 9, B: 2, H: 130 },
  // More units than a block, on more than one thread.
  { T: 12, B: 33, H: 140 },
]
const middle = { T: 5, B: 4, H: 19 }
const upstream = ['dy', 'dFinalH']
const gradients = ['da', 'db', 'dInitialH']

interface Parts {
  readonly masked?: boolean
  readonly reverse?: number
  readonly given?: readonly string[]
  readonly from?: readonly string[]
  readonly to?: readonly string[]
}

function pair(
  convex: number,
  name: string,
  variables: typeof middle,
  parts: Parts = {},
  data?: Readonly<Record<string, Data>>,
): Case {
  const { masked = false, reverse = 0, given = ['initialH'], from = upstream, to = gradients } = parts
  const lengths = masked ? ['lengths'] : []
  const { T, B, H } = variables
  const way = `${convex ? ' convex' : ''}${reverse ? ' reverse' : ''}${masked ? ' masked' : ''}`
  return {
    name: `linear_recurrence and backward T${T} B${B} H${H}${way}${name}`,
    steps: [
      { instruction: 'linear_recurrence', optional: [...given, ...lengths] },
      { instruction: 'linear_recurrence_backward', optional: [...from, ...to, ...lengths] },
    ],
    variables,
    attributes: { reverse, convex },
    data: { a: { uniform: [0, 1] }, ...data },
  }
}

/** Two steps of three rows where nobody may look, given these lengths. */
const nowhere = {
  lengths: [1, 2, 0],
  a: [0.5, 1, Number.NaN, Number.NaN, 0.25, Number.NaN],
  b: [1, -1, Number.NaN, Number.NaN, 2, Number.POSITIVE_INFINITY],
}
/** With small whole numbers every sum is exact: an index one off cannot hide in a tolerance. */
const whole = Object.fromEntries(
  ['a', 'b', 'initialH', 'dy', 'dFinalH'].map((name) => [name, { integers: [-1, 1] } as const]),
)

const broken = (convex: number, backward: boolean, length: number): Case => {
  const of = pair(convex, '', middle, { masked: true }, { lengths: [5, 0, length, 2] })
  const [forward, back] = of.steps
  return {
    ...of,
    name: `linear_recurrence${backward ? '_backward' : ''} with a length of ${length}, convex ${convex}`,
    // A backward instruction alone would read what no forward wrote, so its forward runs unmasked before it.
    steps: backward ? [{ ...forward!, optional: [] }, back!] : [forward!],
    status: 'indexOutOfRange',
  }
}

function casesOf(convex: number): Case[] {
  const without = (all: readonly string[], name: string) => all.filter((other) => other !== name)
  const ways = [false, true].flatMap((masked) => [0, 1].map((reverse) => ({ masked, reverse })))
  return [
    ...sizes.flatMap((size) => ways.map((way) => pair(convex, '', size, way))),
    ...sizes
      .filter(({ T }) => T < 10)
      .flatMap((size) =>
        ways.map((way) => ({ ...pair(convex, ', whole numbers', size, way, whole), exact: true as const })),
      ),
    pair(convex, ' of empty rows only', middle, { masked: true }, { lengths: [0, 0, 0, 0] }),
    pair(convex, ' of full rows only', middle, { masked: true }, { lengths: [5, 5, 5, 5] }),
    pair(convex, ' with nothing optional', middle, { given: [], from: [], to: [] }),
    pair(convex, ' without initialH', middle, { given: [] }),
    ...upstream.map((name) => pair(convex, ` only ${name}`, middle, { from: [name], masked: true })),
    ...gradients.map((name) => pair(convex, ` only ${name}`, middle, { to: [name], masked: true })),
    ...gradients.map((name) =>
      pair(convex, ` without ${name}`, middle, { to: without(gradients, name), reverse: 1 }),
    ),
    ...[0, 1].map((reverse) =>
      pair(convex, ' with NaN at masked steps', { T: 2, B: 3, H: 1 }, { masked: true, reverse }, nowhere),
    ),
    ...[false, true].flatMap((backward) => [6, -1].map((length) => broken(convex, backward, length))),
  ]
}

export const linear: CaseList = [...casesOf(0), ...casesOf(1)]
