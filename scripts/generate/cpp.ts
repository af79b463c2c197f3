import {
  encodedTable,
  instructionNames,
  instructionTable,
  type OperandSpecification,
} from '../../src/contract/index.js'
import { banner, constantGroups, pascal, scalarConstants } from './shared.js'

const cppTypes = { f32: 'float', i32: 'int32_t', f64: 'double', word: 'uint32_t' } as const

/** `float` is a word of the language. */
function identifier(name: string): string {
  return name === 'float' ? 'float_' : name
}

function pointer(operand: OperandSpecification): string {
  return `${operand.direction === 'in' ? 'const ' : ''}${cppTypes[operand.type]}*`
}

/** A struct of named arguments per instruction, and how to fill it from a bound instruction. */
function argumentsStruct(name: string): string {
  const s = instructionTable[name as keyof typeof instructionTable]
  const struct = `${pascal(name)}Arguments`
  const fields: string[] = []
  const fill: string[] = []
  let slot = 0
  for (const v of s.variables) {
    fields.push(`  int64_t ${v};`)
    fill.push(`    a.${v} = slots[${slot++}];`)
  }
  for (const operand of s.operands) {
    const note = `  // [${operand.shape.join(', ')}]${operand.optional ? ' or null' : ''}`
    fields.push(`  ${pointer(operand)} ${operand.name};${note}`)
    fill.push(`    a.${operand.name} = reinterpret_cast<${pointer(operand)}>(slots[${slot++}]);`)
  }
  for (const attribute of s.attributes) {
    if (attribute.kind === 'ranges') {
      fields.push(`  const int32_t* ${attribute.name};`, `  int64_t ${attribute.name}Count;`)
      fill.push(`    a.${attribute.name} = reinterpret_cast<const int32_t*>(slots[${slot++}]);`)
      fill.push(`    a.${attribute.name}Count = slots[${slot++}];`)
    } else if (attribute.kind === 'scalar') {
      fields.push(`  double ${attribute.name};`)
      fill.push(`    a.${attribute.name} = *reinterpret_cast<const double*>(slots[${slot++}]);`)
    } else if (attribute.kind === 'float') {
      fields.push(`  float ${attribute.name};`)
      fill.push(`    a.${attribute.name} = std::bit_cast<float>(static_cast<int32_t>(slots[${slot++}]));`)
    } else {
      fields.push(`  int32_t ${attribute.name};`)
      fill.push(`    a.${attribute.name} = static_cast<int32_t>(slots[${slot++}]);`)
    }
  }
  return `/** ${s.summary} */
struct ${struct} {
${fields.join('\n')}
  static ${struct} from(const int64_t* slots) {
    ${struct} a;
${fill.join('\n')}
    return a;
  }
};
`
}

export function cppHeader(): string {
  const constants = Object.entries(scalarConstants).map(([n, v]) => `inline constexpr int32_t ${n} = ${v};`)
  const groups = constantGroups.map(([group, entries]) => {
    const lines = Object.entries(entries).map(([n, v]) => `  ${identifier(n)} = ${v},`)
    return `enum class ${group} : int32_t {\n${lines.join('\n')}\n};`
  })
  const codes = instructionNames.map((n) => `  ${n} = ${instructionTable[n].code},`)
  const rows: string[] = []
  for (let i = 0; i < encodedTable.length; i += 24)
    rows.push(`    ${[...encodedTable.subarray(i, i + 24)].join(', ')},`)
  return `// ${banner}
#pragma once
#include <bit>
#include <cstdint>

// Every instruction: X(name, Name) with its arguments in NameArguments.
#define OSTINATO_INSTRUCTIONS(X) \\
${instructionNames.map((n) => `  X(${n}, ${pascal(n)})`).join(' \\\n')}

namespace ostinato::contract {

${constants.join('\n')}

${groups.join('\n\n')}

enum class Instruction : int32_t {
${codes.join('\n')}
};

// The instruction table; its layout is described in src/contract/table.ts.
inline constexpr int32_t table[] = {
${rows.join('\n')}
};

// A bound instruction is an array of slots: variables, operand addresses (0: absent), attributes
// (integer and float: the value or its bits; scalar: the address of its double; ranges: address of the first entry, count).
${instructionNames.map(argumentsStruct).join('\n')}
}  // namespace ostinato::contract
`
}
