import type { Case, CaseList } from '../case.js'

const sizes = [1, 7, 33, 5000]
const scalars = {
  learningRate: 0.05,
  momentum: 0.9,
  rho: 0.9,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-3,
  weightDecay: 0.1,
  step: 3,
  clipValue: Infinity,
  clipNorm: Infinity,
  globalClipNorm: Infinity,
}
/** What each does alone, and the order in which they act. */
const variants: Readonly<Record<string, Partial<typeof scalars>>> = {
  plain: {},
  'without decay': { weightDecay: 0 },
  'first step': { step: 1 },
  'late step': { step: 100_000 },
  'clip by value': { clipValue: 0.1 },
  'clip by norm': { clipNorm: 0.2 },
  'clip by global norm': { globalClipNorm: 0.3 },
  'clip by a norm that is not reached': { globalClipNorm: 50, clipNorm: 1e4 },
  'all clips': { clipValue: 0.05, clipNorm: 0.4, globalClipNorm: 0.7 },
}
const kinds = [
  { instruction: 'sgd', optional: [] },
  { instruction: 'sgd', optional: ['velocity'], nesterov: 0 },
  { instruction: 'sgd', optional: ['velocity'], nesterov: 1 },
  { instruction: 'rmsprop', optional: [] },
  { instruction: 'rmsprop', optional: ['velocity'] },
  { instruction: 'adam', optional: [] },
] as const

/** Two tensors with rates of their own, and between and behind them parameters that are frozen. */
function rangesOf(P: number) {
  const third = Math.ceil(P / 3)
  return [
    { offset: 0, length: third, decay: 1, rate: 1 },
    ...(P > 3 ? [{ offset: third + 1, length: P - third - 2, decay: 0, rate: 0.5 }] : []),
  ]
}

const gradient_norm: Case = {
  name: 'gradient_norm',
  steps: [{ instruction: 'gradient_norm' }],
  variables: { P: 40 },
  data: { loss: [2.5, 3] },
}

const penalties = [
  { l1: 0.25, l2: 0 },
  { l1: 0, l2: 0.5 },
  { l1: 0.125, l2: 0.75 },
]

export const optimizers: CaseList = [
  ...penalties.flatMap((attributes) =>
    sizes.flatMap((N) =>
      [[], ['gradient']].map(
        (optional): Case => ({
          name: `penalty l1 ${attributes.l1} l2 ${attributes.l2} N${N} ${optional.join('')}`,
          steps: [{ instruction: 'penalty', optional }],
          variables: { N },
          attributes,
          data: { weight: [1.75] },
        }),
      ),
    ),
  ),
  {
    name: 'penalty of weights that are 0',
    steps: [{ instruction: 'penalty', optional: ['gradient'] }],
    variables: { N: 19 },
    attributes: { l1: 2, l2: 3 },
    data: {
      weight: [4],
      parameter: Array.from({ length: 19 }, (_, i) => [0, -0, 1, -1, 0.5][i % 5]!),
      gradient: { integers: [-9, 9] },
    },
  },
  ...sizes.map((P): Case => ({ ...gradient_norm, name: `gradient_norm P${P}`, variables: { P } })),
  {
    ...gradient_norm,
    name: 'gradient_norm of an empty batch',
    data: { loss: [0, 0], weight: [0] },
    status: 'emptyBatch',
  },
  ...[NaN, Infinity].flatMap((bad): Case[] => [
    {
      ...gradient_norm,
      name: `gradient_norm with loss ${bad}`,
      data: { loss: [bad, 1] },
      status: 'nonFinite',
    },
    {
      ...gradient_norm,
      name: `gradient_norm with a gradient ${bad}`,
      data: { loss: [1, 1], gradients: Array.from({ length: 40 }, (_, i) => (i === 37 ? bad : 1)) },
      status: 'nonFinite',
    },
    {
      ...gradient_norm,
      name: `gradient_norm with weight ${bad}`,
      data: { loss: [1, 1], weight: [bad] },
      status: 'nonFinite',
    },
  ]),
  {
    ...gradient_norm,
    name: 'gradient_norm of gradients whose squares overflow float32',
    data: { loss: [1, 1], gradients: { uniform: [1e25, 2e25] }, weight: [1e20] },
  },
  ...kinds.flatMap(({ instruction, optional, ...attributes }) =>
    Object.entries(variants).flatMap(([text, overrides]) =>
      (text === 'plain' || text === 'all clips' ? sizes : [33]).map(
        (P): Case => ({
          name: [instruction, ...optional, ...Object.values(attributes), text, `P${P}`].join(' '),
          steps: [{ instruction, optional }],
          variables: { P },
          attributes: { nesterov: 0, ...attributes },
          scalars: { ...scalars, ...overrides },
          ranges: rangesOf(P),
          data: { weight: [2.5], meanSquare: { uniform: [0, 1] }, secondMoment: { uniform: [0, 1] } },
        }),
      ),
    ),
  ),
  ...kinds.map(
    ({ instruction, optional, ...attributes }): Case => ({
      name: [instruction, ...optional, ...Object.values(attributes), 'without ranges'].join(' '),
      steps: [{ instruction, optional }],
      variables: { P: 17 },
      attributes: { nesterov: 0, ...attributes },
      scalars,
      ranges: [],
    }),
  ),
]
