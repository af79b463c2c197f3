import { instructionNames, instructionTable } from '../../src/contract/index.js'
import { banner } from './shared.js'

export function documentation(): string {
  const sections = instructionNames.map((name) => {
    const s = instructionTable[name]
    const operands = s.operands.map((o) => {
      const notes = [o.optional ? 'optional' : '', o.inPlaceOf ? `may lie on ${o.inPlaceOf}` : ''].filter(
        Boolean,
      )
      return `| ${o.name} | ${o.direction} | ${o.type} | [${o.shape.join(', ')}] | ${notes.join('; ')} |`
    })
    const attributes = s.attributes.map((a) => {
      const bounds =
        a.kind === 'integer'
          ? ` ${a.minimum} … ${a.maximum}`
          : a.kind === 'ranges'
            ? ` within ${a.within}`
            : ''
      return `${a.name} (${a.kind}${bounds})`
    })
    return `### ${name} (${s.code})

${s.summary}

| operand | direction | type | shape | |
|---|---|---|---|---|
${operands.join('\n')}
${attributes.length > 0 ? `\nAttributes: ${attributes.join(', ')}.\n` : ''}`
  })
  return `<!-- ${banner} -->

# The instructions

Each instruction of a program, as \`src/contract\` states it. Shapes name dimension variables; \`...N\` is the product of all
remaining axes, \`H@16\` is H rounded up to a multiple of 16. \`in\` is read, \`out\` overwritten in full, \`inout\` both,
\`scratch\` is working memory. \`precision\` says how the operands of products are rounded: 0 float32, not at all; 1 bfloat16;
2 int8 (\`src/contract/precision.ts\`).

${sections.join('\n')}`
}
