import {
  contractHash,
  instructionNames,
  instructionTable,
  precisions,
  statuses,
} from '../../src/contract/index.js'
import { banner, pascal } from './shared.js'

/**
 * A bound instruction in WebAssembly memory is a row of i32: code, row length in bytes, variables, operand addresses
 * (0: absent), attributes (integer, float bits; scalar: the address of its f64; ranges: address of the first entry, count).
 */
function accessors(name: string): string {
  const s = instructionTable[name as keyof typeof instructionTable]
  const lines: string[] = []
  let offset = 8
  const field = (field: string, type: string, read: string) => {
    lines.push(
      `  // @ts-ignore: decorator\n  @inline export function ${field}(row: usize): ${type} { return ${read} }`,
    )
  }
  for (const v of s.variables) {
    field(v, 'i32', `load<i32>(row, ${offset})`)
    offset += 4
  }
  for (const operand of s.operands) {
    field(operand.name, 'usize', `load<u32>(row, ${offset})`)
    offset += 4
  }
  for (const attribute of s.attributes) {
    if (attribute.kind === 'ranges') {
      field(attribute.name, 'usize', `load<u32>(row, ${offset})`)
      field(`${attribute.name}Count`, 'i32', `load<i32>(row, ${offset + 4})`)
      offset += 8
      continue
    }
    if (attribute.kind === 'scalar') field(attribute.name, 'f64', `load<f64>(load<u32>(row, ${offset}))`)
    else if (attribute.kind === 'float') field(attribute.name, 'f32', `load<f32>(row, ${offset})`)
    else field(attribute.name, 'i32', `load<i32>(row, ${offset})`)
    offset += 4
  }
  return `/** ${s.summary} */\nexport namespace ${pascal(name)} {\n${lines.join('\n')}\n}\n`
}

export function assemblyHeader(): string {
  const codes = instructionNames.map((n) => `  ${n} = ${instructionTable[n].code},`)
  const precision = Object.entries(precisions).map(([n, v]) => `  ${n} = ${v},`)
  const ends = Object.entries(statuses).map(([n, v]) => `  ${n} = ${v},`)
  return `// ${banner}

export const contractHash: i32 = ${contractHash}

export const enum Instruction {
${codes.join('\n')}
}

export const enum Status {
${ends.join('\n')}
}

export const enum Precision {
${precision.join('\n')}
}

${instructionNames.map(accessors).join('\n')}`
}
