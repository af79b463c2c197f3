import type { CaseList } from '../case.js'
import { accuracies } from './accuracies.js'
import { batchMatmul } from './batch_matmul.js'
import { choices } from './choices.js'
import { data } from './data.js'
import { dropout } from './dropout.js'
import { elementwise } from './elementwise.js'
import { gather } from './gather.js'
import { gru } from './gru.js'
import { layerNorm } from './layer_norm.js'
import { linear } from './linear.js'
import { losses } from './losses.js'
import { lstm } from './lstm.js'
import { matmul } from './matmul.js'
import { optimizers } from './optimizers.js'
import { rnn } from './rnn.js'
import { sequenceSteps } from './sequence_steps.js'
import { softmax } from './softmax.js'
import { time } from './time.js'
import { windows } from './windows.js'

/** By kernel file: agreement, structure, gradients and mutations all draw from these. */
export const cases = {
  accuracies,
  batch_matmul: batchMatmul,
  choices,
  data,
  dropout,
  elementwise,
  gather,
  gru,
  linear,
  layer_norm: layerNorm,
  losses,
  lstm,
  matmul,
  optimizers,
  rnn,
  softmax,
  time,
  windows,
  sequence_steps: sequenceSteps,
} satisfies Record<string, CaseList>
