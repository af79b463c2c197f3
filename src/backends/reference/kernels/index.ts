import type { Kernels } from '../arguments.js'
import { accuracies } from './accuracies.js'
import { choices } from './choices.js'
import { data } from './data.js'
import { dropout } from './dropout.js'
import { elementwise } from './elementwise.js'
import { gather } from './gather.js'
import { gru } from './gru.js'
import { linear } from './linear.js'
import { losses } from './losses.js'
import { lstm } from './lstm.js'
import { matmul } from './matmul.js'
import { optimizers } from './optimizers.js'
import { rnn } from './rnn.js'
import { softmax } from './softmax.js'
import { time } from './time.js'
import { windows } from './windows.js'

export const kernels: Kernels = {
  ...accuracies,
  ...choices,
  ...data,
  ...dropout,
  ...elementwise,
  ...gather,
  ...gru,
  ...linear,
  ...losses,
  ...lstm,
  ...matmul,
  ...optimizers,
  ...rnn,
  ...softmax,
  ...time,
  ...windows,
}
