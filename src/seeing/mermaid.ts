/** The picture of a model as Mermaid text. */
import { type Box, expand, type Figure } from './expand.js'
import type { Outline, Role } from './outline.js'
import { shorten } from './svg.js'

/** Text in quotation marks: what Mermaid or HTML would read otherwise is written by its number. */
export function escapeMermaid(text: string): string {
  return text.replace(/\p{Cc}/gu, '').replace(/[#&<>"`\\]/g, (c) => `#${c.codePointAt(0)};`)
}

const roundRoles: readonly Role[] = ['input', 'state', 'output', 'loss', 'target']

const colours: Readonly<Record<Role, string>> = {
  input: '#e3eefb',
  state: '#fdeccb',
  layer: '#f3f3f3',
  merge: '#ffffff',
  output: '#e2f3e0',
  loss: '#f9dfe1',
  target: '#efe6f7',
}

function nodeLine(box: Box, role: Role, name: string | undefined): string {
  const label = name === undefined ? box.text : `${box.text} ${shorten(name, 32)}`
  const text = `"${escapeMermaid(label)}"`
  return `    ${box.id}${roundRoles.includes(role) ? `((${text}))` : `[${text}]`}:::${role}`
}

function figureLines(outline: Outline, figure: Figure, folded: boolean): string[] {
  const nodes = figure.boxes.map((box) => {
    const { role, name } = outline.nodes[box.node]!
    // The names stand once, in the folded graph; a layer that is called by its kind needs no second name.
    return nodeLine(box, role, folded && name !== box.text ? name : undefined)
  })
  const edges = figure.arrows.map(({ from, to, label, delay }) => {
    const back = delay > 0 ? `t − ${delay}` : delay < 0 ? `t + ${-delay}` : ''
    const text = [label, back].filter((part) => part !== '').join(', ')
    return `    ${from.id} -->${text === '' ? '' : `|"${escapeMermaid(text)}"|`} ${to.id}`
  })
  return [...nodes, ...edges]
}

/** A flowchart with the folded graph, the unfolded one, and what the letters stand for. */
export function mermaidOf(outline: Outline, steps: number): string {
  const legend = outline.legend.map(
    ({ letter, weights }) => `${letter} = ${weights.map((w) => w.name).join(', ')}`,
  )
  const roles = [...new Set(outline.nodes.map(({ role }) => role))]
  return [
    'flowchart BT',
    '  subgraph folded["folded"]',
    ...figureLines(outline, expand(outline, undefined, 'f'), true),
    '  end',
    `  subgraph unfolded["unfolded, ${steps} steps"]`,
    ...figureLines(outline, expand(outline, steps, 'u'), false),
    '  end',
    ...(legend.length > 0 ? [`  legend["${legend.map(escapeMermaid).join('<br>')}"]`] : []),
    ...roles.map((role) => `  classDef ${role} fill:${colours[role]},stroke:#333,color:#222`),
    '',
  ].join('\n')
}
