import { precisionUpTo } from '../precision.js'
import type { InstructionSpecification } from '../specification.js'

/** Products of matrices. */
export const products = {
  matmul: {
    code: 40,
    summary: 'y = a · b (+ bias on every row)',
    variables: ['M', 'K', 'N'],
    operands: [
      { name: 'a', direction: 'in', type: 'f32', shape: ['...M', 'K'] },
      { name: 'b', direction: 'in', type: 'f32', shape: ['K', 'N'] },
      { name: 'bias', direction: 'in', type: 'f32', shape: ['N'], optional: true },
      { name: 'y', direction: 'out', type: 'f32', shape: ['...M', 'N'] },
    ],
    attributes: [precisionUpTo('int8')],
    work: ['M*K*N'],
    tolerance: 1e-5,
  },
  matmul_transpose_a: {
    code: 41,
    summary: 'y = aᵀ · b: the gradient of weights',
    variables: ['K', 'M', 'N'],
    operands: [
      { name: 'a', direction: 'in', type: 'f32', shape: ['...K', 'M'] },
      { name: 'b', direction: 'in', type: 'f32', shape: ['...K', 'N'] },
      { name: 'y', direction: 'out', type: 'f32', shape: ['M', 'N'] },
    ],
    attributes: [precisionUpTo('bfloat16')],
    work: ['M*K*N'],
    tolerance: 1e-5,
  },
  matmul_transpose_b: {
    code: 42,
    summary: 'y = a · bᵀ: the gradient of inputs',
    variables: ['M', 'K', 'N'],
    operands: [
      { name: 'a', direction: 'in', type: 'f32', shape: ['...M', 'K'] },
      { name: 'b', direction: 'in', type: 'f32', shape: ['N', 'K'] },
      { name: 'y', direction: 'out', type: 'f32', shape: ['...M', 'N'] },
    ],
    attributes: [precisionUpTo('bfloat16')],
    work: ['M*K*N'],
    tolerance: 1e-5,
  },
  batch_matmul: {
    code: 43,
    summary: 'y[l] = a[l] · b[l]: a product for each pair of matrices',
    variables: ['L', 'M', 'K', 'N'],
    operands: [
      { name: 'a', direction: 'in', type: 'f32', shape: ['L', 'M', 'K'] },
      { name: 'b', direction: 'in', type: 'f32', shape: ['L', 'K', 'N'] },
      { name: 'y', direction: 'out', type: 'f32', shape: ['L', 'M', 'N'] },
    ],
    attributes: [],
    work: ['L*M*K*N'],
    tolerance: 1e-5,
  },
  batch_matmul_transpose_a: {
    code: 44,
    summary: 'y[l] = a[l]ᵀ · b[l]',
    variables: ['L', 'K', 'M', 'N'],
    operands: [
      { name: 'a', direction: 'in', type: 'f32', shape: ['L', 'K', 'M'] },
      { name: 'b', direction: 'in', type: 'f32', shape: ['L', 'K', 'N'] },
      { name: 'y', direction: 'out', type: 'f32', shape: ['L', 'M', 'N'] },
    ],
    attributes: [],
    work: ['L*M*K*N'],
    tolerance: 1e-5,
  },
  batch_matmul_transpose_b: {
    code: 45,
    summary: 'y[l] = a[l] · b[l]ᵀ',
    variables: ['L', 'M', 'K', 'N'],
    operands: [
      { name: 'a', direction: 'in', type: 'f32', shape: ['L', 'M', 'K'] },
      { name: 'b', direction: 'in', type: 'f32', shape: ['L', 'N', 'K'] },
      { name: 'y', direction: 'out', type: 'f32', shape: ['L', 'M', 'N'] },
    ],
    attributes: [],
    work: ['L*M*K*N'],
    tolerance: 1e-5,
  },
} as const satisfies Record<string, InstructionSpecification>
