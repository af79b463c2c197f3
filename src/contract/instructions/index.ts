import type { InstructionSpecification } from '../specification.js'
import { choices } from './choices.js'
import { data } from './data.js'
import { elementwise } from './elementwise.js'
import { linear } from './linear.js'
import { losses } from './losses.js'
import { normalization } from './normalization.js'
import { optimizers } from './optimizers.js'
import { products } from './products.js'
import { recurrent } from './recurrent.js'
import { steps } from './steps.js'
import { time } from './time.js'
import { windows } from './windows.js'

/** Every instruction that exists. */
export const instructions = {
  ...data,
  ...choices,
  ...elementwise,
  ...products,
  ...steps,
  ...normalization,
  ...recurrent,
  ...linear,
  ...time,
  ...losses,
  ...optimizers,
  ...windows,
} as const

export type InstructionName = keyof typeof instructions

/** The same table with its general type, for code that interprets it. */
export const instructionTable: Readonly<Record<InstructionName, InstructionSpecification>> = instructions

export const instructionNames = Object.keys(instructions) as InstructionName[]

const byCode = new Map(instructionNames.map((name) => [instructionTable[name].code, name]))
if (byCode.size !== instructionNames.length) throw new Error('two instructions have the same code')

export function instructionOfCode(code: number): InstructionName | undefined {
  return byCode.get(code)
}
