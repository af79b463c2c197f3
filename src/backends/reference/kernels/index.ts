import type { Kernels } from '../arguments.js'
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

export const kernels: Kernels = {
  ...accuracies,
  ...batchMatmul,
  ...choices,
  ...data,
  ...dropout,
  ...elementwise,
  ...gather,
  ...gru,
  ...linear,
  ...layerNorm,
  ...losses,
  ...lstm,
  ...matmul,
  ...optimizers,
  ...rnn,
  ...softmax,
  ...time,
  ...windows,
  ...sequenceSteps,
}
