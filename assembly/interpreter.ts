import { Instruction, Status } from './generated/contract'
import * as accuracies from './kernels/accuracies'
import * as batch from './kernels/batch_matmul'
import * as choices from './kernels/choices'
import * as data from './kernels/data'
import { dropout, dropoutScratch } from './kernels/dropout'
import * as elementwise from './kernels/elementwise'
import * as gather from './kernels/gather'
import { gru, gruScratch } from './kernels/gru'
import { gruBackward, gruBackwardScratch } from './kernels/gru_backward'
import { linearRecurrence, linearRecurrenceBackward, linearRecurrenceBackwardScratch } from './kernels/linear'
import { layerNorm, layerNormBackward } from './kernels/layer_norm'
import * as losses from './kernels/losses'
import { lstm, lstmScratch } from './kernels/lstm'
import { lstmBackward, lstmBackwardScratch } from './kernels/lstm_backward'
import * as matrix from './kernels/matmul'
import * as optimizers from './kernels/optimizers'
import { rnn, rnnBackward, rnnBackwardScratch, rnnScratch } from './kernels/rnn'
import { logSoftmax, softmax, softmaxBackward } from './kernels/softmax'
import { partLengths, resizeTime } from './kernels/time'
import * as windows from './kernels/windows'
import * as steps from './kernels/sequence_steps'

/** Bytes of scratch that a bound instruction works in, at its sizes and all smaller ones. */
export function scratchOf(row: usize): u64 {
  switch (load<i32>(row)) {
    case Instruction.matmul:
      return matrix.matmulScratch(row)
    case Instruction.matmul_transpose_a:
      return matrix.matmulTransposeAScratch(row)
    case Instruction.matmul_transpose_b:
      return matrix.matmulTransposeBScratch(row)
    case Instruction.batch_matmul:
    case Instruction.batch_matmul_transpose_a:
    case Instruction.batch_matmul_transpose_b:
      return batch.batchMatmulScratch
    case Instruction.random_uniform:
      return choices.randomUniformScratch
    case Instruction.dropout:
      return dropoutScratch
    case Instruction.rnn:
      return rnnScratch(row)
    case Instruction.rnn_backward:
      return rnnBackwardScratch(row)
    case Instruction.lstm:
    case Instruction.lstm_coupled:
      return lstmScratch(row)
    case Instruction.lstm_backward:
    case Instruction.lstm_coupled_backward:
      return lstmBackwardScratch(row)
    case Instruction.gru:
      return gruScratch(row)
    case Instruction.gru_backward:
      return gruBackwardScratch(row)
    case Instruction.linear_recurrence_backward:
      return linearRecurrenceBackwardScratch(row)
    default:
      return 0
  }
}

/** Runs one bound instruction; details of a refusal are written to the status. */
export function execute(row: usize, scratch: usize, status: usize): i32 {
  switch (load<i32>(row)) {
    case Instruction.fill:
      return data.fill(row)
    case Instruction.copy:
      return data.copy(row)
    case Instruction.transpose:
      return data.transpose(row)
    case Instruction.slice:
      return data.slice(row)
    case Instruction.slice_backward:
      return data.sliceBackward(row)
    case Instruction.concat:
      return data.concat(row)
    case Instruction.reverse_time:
      return data.reverseTime(row)
    case Instruction.reduce_sum:
      return data.reduceSum(row)
    case Instruction.broadcast:
      return data.broadcast(row)
    case Instruction.select:
      return data.select(row)
    case Instruction.sequence_mask:
      return data.sequenceMask(row, status)
    case Instruction.argmax:
      return choices.argmax(row)
    case Instruction.one_hot:
      return choices.oneHot(row, status)
    case Instruction.random_uniform:
      return choices.randomUniform(row, scratch)
    case Instruction.sample_categorical:
      return choices.sampleCategorical(row)
    case Instruction.state_load:
      return gather.stateLoad(row, status)
    case Instruction.state_store:
      return gather.stateStore(row, status)
    case Instruction.gather:
      return gather.gather(row, status)
    case Instruction.gather_backward:
      return gather.gatherBackward(row, status)
    case Instruction.add:
      return elementwise.add(row)
    case Instruction.subtract:
      return elementwise.subtract(row)
    case Instruction.multiply:
      return elementwise.multiply(row)
    case Instruction.divide:
      return elementwise.divide(row)
    case Instruction.affine:
      return elementwise.affine(row)
    case Instruction.tanh:
      return elementwise.tanhForward(row)
    case Instruction.tanh_backward:
      return elementwise.tanhBackward(row)
    case Instruction.sigmoid:
      return elementwise.sigmoidForward(row)
    case Instruction.sigmoid_backward:
      return elementwise.sigmoidBackward(row)
    case Instruction.relu:
      return elementwise.reluForward(row)
    case Instruction.relu_backward:
      return elementwise.reluBackward(row)
    case Instruction.exp:
      return elementwise.exponential(row)
    case Instruction.log:
      return elementwise.naturalLogarithm(row)
    case Instruction.clip:
      return elementwise.clip(row)
    case Instruction.clip_backward:
      return elementwise.clipBackward(row)
    case Instruction.softplus:
      return elementwise.softplus(row)
    case Instruction.maximum:
      return elementwise.maximum(row)
    case Instruction.maximum_backward:
      return elementwise.maximumBackward(row)
    case Instruction.step_mask:
      return steps.stepMask(row)
    case Instruction.mask_order:
      return steps.maskOrder(row)
    case Instruction.gather_steps:
      return steps.gatherSteps(row, status)
    case Instruction.gather_steps_backward:
      return steps.gatherStepsBackward(row, status)
    case Instruction.max_steps:
      return steps.maxSteps(row)
    case Instruction.max_steps_backward:
      return steps.maxStepsBackward(row)
    case Instruction.layer_norm:
      return layerNorm(row)
    case Instruction.layer_norm_backward:
      return layerNormBackward(row)
    case Instruction.softmax:
      return softmax(row)
    case Instruction.log_softmax:
      return logSoftmax(row)
    case Instruction.softmax_backward:
      return softmaxBackward(row)
    case Instruction.dropout:
      return dropout(row, scratch)
    case Instruction.matmul:
      return matrix.matmul(row, scratch)
    case Instruction.matmul_transpose_a:
      return matrix.matmulTransposeA(row, scratch)
    case Instruction.matmul_transpose_b:
      return matrix.matmulTransposeB(row, scratch)
    case Instruction.batch_matmul:
      return batch.batchMatmul(row, scratch)
    case Instruction.batch_matmul_transpose_a:
      return batch.batchMatmulTransposeA(row, scratch)
    case Instruction.batch_matmul_transpose_b:
      return batch.batchMatmulTransposeB(row, scratch)
    case Instruction.rnn:
      return rnn(row, scratch, status)
    case Instruction.rnn_backward:
      return rnnBackward(row, scratch, status)
    case Instruction.lstm:
    case Instruction.lstm_coupled:
      return lstm(row, scratch, status)
    case Instruction.lstm_backward:
    case Instruction.lstm_coupled_backward:
      return lstmBackward(row, scratch, status)
    case Instruction.gru:
      return gru(row, scratch, status)
    case Instruction.gru_backward:
      return gruBackward(row, scratch, status)
    case Instruction.linear_recurrence:
      return linearRecurrence(row, status)
    case Instruction.linear_recurrence_backward:
      return linearRecurrenceBackward(row, scratch, status)
    case Instruction.resize_time:
      return resizeTime(row, status)
    case Instruction.part_lengths:
      return partLengths(row, status)
    case Instruction.softmax_cross_entropy:
      return losses.softmaxCrossEntropy(row, status)
    case Instruction.softmax_cross_entropy_backward:
      return losses.softmaxCrossEntropyBackward(row, status)
    case Instruction.squared_error:
      return losses.squaredError(row, status)
    case Instruction.squared_error_backward:
      return losses.squaredErrorBackward(row, status)
    case Instruction.absolute_error:
      return losses.absoluteError(row, status)
    case Instruction.absolute_error_backward:
      return losses.absoluteErrorBackward(row, status)
    case Instruction.binary_cross_entropy:
      return losses.binaryCrossEntropy(row, status)
    case Instruction.binary_cross_entropy_backward:
      return losses.binaryCrossEntropyBackward(row, status)
    case Instruction.categorical_cross_entropy:
      return losses.categoricalCrossEntropy(row, status)
    case Instruction.categorical_cross_entropy_backward:
      return losses.categoricalCrossEntropyBackward(row, status)
    case Instruction.sparse_top_k_accuracy:
      return accuracies.sparseTopKAccuracy(row, status)
    case Instruction.top_k_accuracy:
      return accuracies.topKAccuracy(row, status)
    case Instruction.binary_accuracy:
      return accuracies.binaryAccuracy(row, status)
    case Instruction.unfold:
      return windows.unfold(row, status)
    case Instruction.fold:
      return windows.fold(row, status)
    case Instruction.max_pool:
      return windows.maxPool(row, status)
    case Instruction.max_pool_backward:
      return windows.maxPoolBackward(row, status)
    case Instruction.average_pool:
      return windows.averagePool(row, status)
    case Instruction.average_pool_backward:
      return windows.averagePoolBackward(row, status)
    case Instruction.penalty:
      return optimizers.penalty(row)
    case Instruction.gradient_norm:
      return optimizers.gradientNorm(row)
    case Instruction.sgd:
      return optimizers.sgd(row)
    case Instruction.rmsprop:
      return optimizers.rmsprop(row)
    case Instruction.adam:
      return optimizers.adam(row)
    default:
      return Status.invalidProgram
  }
}
