/** A program for people: decoded from its words, so that what is printed is what runs. */
import {
  bufferWords,
  dimensionKinds,
  dimensionWords,
  header,
  instructionOfCode,
  instructionTable,
  loopWords,
  precisionNames,
  precisions,
  rangeWords,
  segmentKinds,
  segmentWords,
  valueWords,
} from '../contract/index.js'
import type { Program } from './program.js'

const kindNames = Object.fromEntries(Object.entries(segmentKinds).map(([name, kind]) => [kind, name]))

function reader(words: Int32Array): (at: number) => number {
  return (at) => words[at] ?? 0
}

function dimensionText(program: Program, index: number): string {
  const word = reader(program.words)
  const at = word(header.dimensionOffset) + index * dimensionWords
  const [kind, a, b] = [word(at), word(at + 1), word(at + 2)]
  if (kind === dimensionKinds.constant) return String(a)
  if (kind === dimensionKinds.input) return program.inputDimensions[a]?.name ?? '?'
  if (kind === dimensionKinds.sum) return `${dimensionText(program, a)}+${b}`
  return `${dimensionText(program, a)}·${dimensionText(program, b)}`
}

/** `x[T, B, 64] @arena+128` or a name where there is one. */
function valueText(program: Program, operand: string, index: number): string {
  const word = reader(program.words)
  const at = word(header.valueOffset) + index * valueWords
  const [buffer, offset, dimension, scale, rank] = [
    word(at),
    word(at + 2),
    word(at + 3),
    word(at + 4),
    word(at + 5),
  ]
  const axes = Array.from({ length: rank }, (_, i) => dimensionText(program, word(at + 6 + i)))
  const name = program.placeNames.get(`${buffer}:${offset}`)
  const place = name ?? `${program.bufferNames[buffer]}+${offset}`
  const times = scale === 1 ? '' : `·${scale}`
  const start = dimension < 0 ? '' : `+${dimensionText(program, dimension)}${times}`
  const stride = word(at + valueWords - 1)
  const moved = stride < 0 ? start : `${start}+step·${dimensionText(program, stride)}`
  return `${operand}[${axes.join(', ')}] @${place}${moved}`
}

function floatText(bits: number): string {
  return String(new Float32Array(Int32Array.of(bits).buffer)[0])
}

function instructionText(program: Program, at: number, path: string, position: number): string {
  const word = reader(program.words)
  const name = instructionOfCode(word(at))
  if (!name) return `${position} unknown instruction ${word(at)}`
  const { operands, attributes } = instructionTable[name]
  const inputs: string[] = []
  const outputs: string[] = []
  let next = at + 2
  for (const operand of operands) {
    const value = word(next++)
    if (value < 0) continue
    const list = operand.direction === 'in' ? inputs : outputs
    list.push(valueText(program, operand.direction === 'inout' ? `${operand.name}!` : operand.name, value))
  }
  for (const a of attributes) {
    const value = word(next++)
    if (a.kind === 'scalar') inputs.push(`${a.name}=$${program.scalars[value]}`)
    else if (a.kind === 'float') inputs.push(`${a.name}=${floatText(value)}`)
    else if (a.name === 'precision') {
      if (value !== precisions.float32) inputs.push(`precision=${precisionNames[value]}`)
    } else if (a.kind === 'integer') inputs.push(`${a.name}=${value}`)
    else {
      const first = word(header.rangeOffset) + value * rangeWords
      inputs.push(`${a.name}=${word(next++)} from ${word(first)}`)
    }
  }
  return `${String(position).padStart(3)}  ${path.padEnd(20)} ${outputs.join(', ')} ← ${name}(${inputs.join(', ')})`
}

export function printProgram(program: Program): string {
  const word = reader(program.words)
  const lines = [`program ${program.name}`]
  const dimensions = program.inputDimensions.map((d) => `${d.name} ≤ ${d.capacity}`)
  if (dimensions.length > 0) lines.push(`  dimensions: ${dimensions.join(', ')}`)
  const buffers = program.bufferNames.map((name, i) => {
    return `${name} ${word(word(header.bufferOffset) + i * bufferWords + 2)}`
  })
  lines.push(`  buffers (elements): ${buffers.join(', ')}`)
  const starts: number[] = []
  for (let at = word(header.codeOffset); starts.length < word(header.instructionCount); at += word(at + 1))
    starts.push(at)
  const loops = Array.from({ length: word(header.loopCount) }, (_, i) => {
    const at = word(header.loopOffset) + i * loopWords
    const steps = dimensionText(program, word(at + 2))
    return { first: word(at), count: word(at + 1), text: word(at + 3) ? `${steps}, from the last` : steps }
  })
  for (let s = 0; s < word(header.segmentCount); s++) {
    const at = word(header.segmentOffset) + s * segmentWords
    lines.push(`${kindNames[word(at)]}:`)
    for (let i = word(at + 1); i < word(at + 1) + word(at + 2); i++) {
      const loop = loops.find(({ first, count }) => i >= first && i < first + count)
      if (loop?.first === i) lines.push(`  for each step of ${loop.text}:`)
      const indent = loop ? '  ' : ''
      lines.push(`${indent}${instructionText(program, starts[i] ?? 0, program.paths[i] ?? '', i)}`)
    }
  }
  return lines.join('\n')
}
