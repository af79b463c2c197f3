import { readFileSync } from 'node:fs'
import { layers, type Model, OstinatoError, type SymbolicTensors, sequential, unfold } from 'ostinato'
import { describe, expect, it } from 'vitest'
import { drawOutline } from '../../src/seeing/draw.js'
import { expand, type Figure } from '../../src/seeing/expand.js'
import { type Layout, placeFigure, roomFor } from '../../src/seeing/layout.js'
import { mermaidOf } from '../../src/seeing/mermaid.js'
import type { Outline, OutlineEdge, OutlineNode } from '../../src/seeing/outline.js'
import { outlineOfModel } from '../../src/seeing/unfold.js'
import { distanceTo, elementsOf, pointsAlong } from './geometry.js'
import { shapes } from './models.js'

const node = (role: OutlineNode['role'], symbol: string, axis: number | undefined): OutlineNode => ({
  role,
  symbol,
  name: symbol,
  axis,
  reversed: false,
})
const edge = (from: number, to: number, more: Partial<OutlineEdge> = {}): OutlineEdge => ({
  from,
  to,
  fromStep: 'each',
  toStep: 'each',
  lag: 0,
  mirror: false,
  label: '',
  state: false,
  ...more,
})
const identity = (steps: number): number => steps

/** Shapes that no layer of its own makes: drawn from the outline alone. */
const outlines: Readonly<Record<string, Outline>> = {
  'output recurrence': {
    axes: [{ name: 'T', source: 'x', size: identity }],
    nodes: [node('input', 'x', 0), node('state', 'h', 0), node('output', 'o', 0)],
    edges: [edge(0, 1), edge(1, 2), edge(2, 1, { lag: 1, state: true, label: 'W' })],
    legend: [],
  },
  'time reduction': {
    axes: [
      { name: 'T', source: 'x', size: identity },
      { name: 'half', source: 'x', size: (steps) => Math.ceil(steps / 2) },
    ],
    nodes: [node('input', 'x', 0), node('state', 'h', 0), node('state', 'h', 1), node('output', 'o', 1)],
    edges: [edge(0, 1), edge(1, 2), edge(2, 2, { lag: 1, state: true }), edge(2, 3), edge(0, 3)],
    legend: [],
  },
  'skips through time': {
    axes: [{ name: 'T', source: 'x', size: identity }],
    nodes: [node('input', 'x', 0), node('state', 'h', 0), node('output', 'o', 0)],
    edges: [
      edge(0, 1),
      edge(1, 1, { lag: 1, state: true, label: 'W₁' }),
      edge(1, 1, { lag: 3, state: true, label: 'W₂' }),
      edge(1, 2),
      edge(0, 2, { mirror: true }),
    ],
    legend: [],
  },
  'vector to sequence and back': {
    axes: [{ name: 'T', source: 'x', size: identity }],
    nodes: [
      node('input', 'x', undefined),
      node('state', 'h', 0),
      node('merge', 'mean', undefined),
      node('output', 'o', undefined),
    ],
    edges: [edge(0, 1), edge(1, 1, { lag: 1, state: true }), edge(1, 2), edge(2, 3), edge(0, 3)],
    legend: [],
  },
}

const models = Object.entries(shapes).map(([name, make]) => {
  return [name, outlineOfModel(make() as unknown as Model<SymbolicTensors>)] as const
})
const all: [string, Outline][] = [...models, ...Object.entries(outlines)].map(([name, o]) => [name, o])

function layoutsOf(outline: Outline, steps: number): Layout[] {
  const figures = [
    { figure: expand(outline, undefined, 'f'), folded: true },
    { figure: expand(outline, steps, 'u'), folded: false },
  ]
  const room = roomFor(figures)
  return figures.map(({ figure, folded }) => placeFigure(outline, figure, folded, room))
}

describe.each(all)('the picture of %s', (_, outline) => {
  describe.each([1, 2, 8])('over %i steps', (steps) => {
    const layouts = layoutsOf(outline, steps)

    it('has no overlapping nodes, none outside', () => {
      for (const { boxes, width, height } of layouts) {
        for (const [i, a] of boxes.entries()) {
          expect(a.center.x - a.width / 2).toBeGreaterThanOrEqual(0)
          expect(a.center.x + a.width / 2).toBeLessThanOrEqual(width)
          expect(a.center.y - a.height / 2).toBeGreaterThanOrEqual(0)
          expect(a.center.y + a.height / 2).toBeLessThanOrEqual(height)
          for (const b of boxes.slice(i + 1)) {
            const apart =
              Math.abs(a.center.x - b.center.x) - (a.width + b.width) / 2 >= 8 ||
              Math.abs(a.center.y - b.center.y) - (a.height + b.height) / 2 >= 8
            expect(apart, `${a.box.id} ${b.box.id}`).toBe(true)
          }
        }
      }
    })

    it('has arrows from node to node that go through no other', () => {
      for (const { boxes, arrows } of layouts) {
        const placed = new Map(boxes.map((box) => [box.box, box]))
        for (const arrow of arrows) {
          const { from, to } = arrow.arrow
          const points = pointsAlong(arrow)
          expect(Math.abs(distanceTo(placed.get(from)!, points[0]!))).toBeLessThan(0.01)
          expect(Math.abs(distanceTo(placed.get(to)!, points.at(-1)!))).toBeLessThan(0.01)
          for (const box of boxes) {
            const near = Math.min(...points.map((point) => distanceTo(box, point)))
            const own = box.box === from || box.box === to
            expect(near, `${from.id} → ${to.id} at ${box.box.id}`).toBeGreaterThan(own ? -0.01 : 3)
          }
        }
      }
    })

    it('has no arrows that lie upon one another, but for those that come together', () => {
      for (const { arrows } of layouts) {
        const lines = arrows.flatMap((arrow) =>
          arrow.points.slice(1).map((b, i) => ({ arrow: arrow.arrow, a: arrow.points[i]!, b })),
        )
        for (const [i, one] of lines.entries()) {
          for (const other of lines.slice(i + 1)) {
            const related =
              one.arrow === other.arrow ||
              one.arrow.from === other.arrow.from ||
              one.arrow.to === other.arrow.to
            if (related) continue
            const shared = (['x', 'y'] as const).some((along) => {
              const across = along === 'x' ? 'y' : 'x'
              const level = [one.a, one.b, other.a, other.b].every(
                (p) => Math.abs(p[across] - one.a[across]) < 1,
              )
              const from = Math.max(
                Math.min(one.a[along], one.b[along]),
                Math.min(other.a[along], other.b[along]),
              )
              const to = Math.min(
                Math.max(one.a[along], one.b[along]),
                Math.max(other.a[along], other.b[along]),
              )
              return level && to - from > 1
            })
            expect(
              shared,
              `${one.arrow.from.id} → ${one.arrow.to.id}, ${other.arrow.from.id} → ${other.arrow.to.id}`,
            ).toBe(false)
          }
        }
      }
    })

    it('is well-formed, with every node and arrow in it', () => {
      const svg = drawOutline(outline, steps, 'title')
      const counts = elementsOf(svg)
      const boxes = layouts.flatMap((layout) => layout.boxes)
      const arrows = layouts.flatMap((layout) => layout.arrows)
      expect(counts.get('circle') ?? 0).toBe(boxes.filter(({ round }) => round).length)
      expect(svg.match(/marker-end/g)?.length).toBe(arrows.length)
      const ids = new Set([...svg.matchAll(/<g id="([^"]+)"/g)].map(([, id]) => id))
      expect(ids.size).toBe(boxes.length)
      for (const [, from, to] of svg.matchAll(/data-from="([^"]+)" data-to="([^"]+)"/g)) {
        expect(ids.has(from)).toBe(true)
        expect(ids.has(to)).toBe(true)
      }
    })

    it('says the same in Mermaid', () => {
      const lines = mermaidOf(outline, steps).trimEnd().split('\n')
      expect(lines[0]).toBe('flowchart BT')
      const declared = new Set<string>()
      let edges = 0
      for (const line of lines.slice(1)) {
        const found = /^ {4}(\w+)(?:\(\("[^"<>&`]*"\)\)|\["[^"<>&`]*"\]):::(\w+)$/.exec(line)
        const arrow = /^ {4}(\w+) -->(?:\|"[^"<>&`]*"\|)? (\w+)$/.exec(line)
        if (found) declared.add(found[1]!)
        else if (arrow) {
          edges++
          expect(declared.has(arrow[1]!) && declared.has(arrow[2]!), line).toBe(true)
        } else
          expect(line).toMatch(/^ {2}(subgraph \w+\["[^"]+"\]|end|legend\["[^"]+"\]|classDef \w+ [\w:#,-]+)$/)
      }
      expect(declared.size).toBe(layouts.flatMap(({ boxes }) => boxes).length)
      expect(edges).toBe(layouts.flatMap(({ arrows }) => arrows).length)
    })
  })
})

const named = (name: keyof typeof shapes): Outline => models.find(([n]) => n === name)![1]

/** Arrows with this label, as column from → column to. */
function columnsOf(figure: Figure, label: string): string[] {
  return figure.arrows.filter((a) => a.label === label).map((a) => `${a.from.column}→${a.to.column}`)
}

describe('unfold', () => {
  it('counts nodes and arrows step by step', () => {
    const figure = expand(named('hidden recurrence'), 5, 'u')
    expect(figure.boxes).toHaveLength(5 * 5) // x h o L y
    expect(figure.arrows).toHaveLength(5 * 4 + 4)
    expect(columnsOf(figure, 'U')).toEqual(['0→0', '1→1', '2→2', '3→3', '4→4'])
    expect(columnsOf(figure, 'W')).toEqual(['0→1', '1→2', '2→3', '3→4'])
    expect(columnsOf(figure, 'V')).toEqual(['0→0', '1→1', '2→2', '3→3', '4→4'])
    expect(figure.boxes.map(({ text, row }) => [text, row])).toContainEqual(['y₅', 4])
  })

  it('folds a recurrence into a loop with a delay', () => {
    const figure = expand(named('bidirectional'), undefined, 'f')
    const loops = figure.arrows.filter(({ from, to }) => from === to)
    expect(loops.map(({ label, delay }) => [label, delay])).toEqual([
      ['W₁', 1],
      ['W₂', -1],
    ])
  })

  it('lets delayed states reach over the steps in between', () => {
    const figure = expand(named('a delay of two steps'), 5, 'u')
    expect(columnsOf(figure, 'W₁')).toEqual(['0→2', '1→3', '2→4'])
    expect(columnsOf(figure, 'W₂')).toEqual(['0→3', '1→4'])
  })

  it('shows only the last output of a sequence that becomes a vector', () => {
    const figure = expand(named('sequence to vector'), 4, 'u')
    expect(
      figure.boxes.filter(({ text }) => text.startsWith('o')).map(({ text, column }) => [text, column]),
    ).toEqual([['o', 3]])
    expect(columnsOf(figure, 'V')).toEqual(['3→3'])
  })

  it('walks the two directions against one another, and merges them', () => {
    const figure = expand(named('bidirectional to vector'), 3, 'u')
    expect(columnsOf(figure, 'W₁')).toEqual(['0→1', '1→2'])
    expect(columnsOf(figure, 'W₂')).toEqual(['1→0', '2→1'])
    // →h at the end of the row, ←h at its beginning
    const merge = figure.boxes.find(({ text }) => text === '+')!
    expect(figure.arrows.filter(({ to }) => to === merge).map(({ from }) => from.text)).toEqual(['h₃', 'h₁'])
  })

  it('hands the states of an encoder to the decoder at its right', () => {
    const outline = named('encoder and decoder')
    const figure = expand(outline, 4, 'u')
    expect(figure.blocks.map(({ source, begin }) => [source, begin])).toEqual([
      ['source', 0],
      ['previous', 4],
    ])
    const byName = (name: string): number => outline.nodes.findIndex((n) => n.name === name)
    const handed = figure.arrows.filter(
      ({ from, to }) => from.node === byName('encoder') && to.node === byName('decoder'),
    )
    expect(handed.map(({ from, to }) => [from.text, to.text])).toEqual([['h₄', 'h₁']])
  })

  it('counts the steps of a sequence handed on backwards from the end', () => {
    const outline = named('backwards')
    const figure = expand(outline, 3, 'u')
    const texts = (row: number): string[] => figure.boxes.filter((b) => b.row === row).map(({ text }) => text)
    expect(texts(1)).toEqual(['h₁', 'h₂', 'h₃'])
    expect(texts(2)).toEqual(['h₃', 'h₂', 'h₁'])
    // Both walk to the left: the first backwards, the other along the reversed sequence.
    expect(columnsOf(figure, 'W₁')).toEqual(['1→0', '2→1'])
    expect(columnsOf(figure, 'W₂')).toEqual(['1→0', '2→1'])
  })

  it('has one letter for weights that are shared, and says which they are', () => {
    const { legend } = named('skips and shared weights')
    expect(legend.filter(({ letter }) => letter.startsWith('V'))).toEqual([
      {
        letter: 'V',
        weights: [
          expect.objectContaining({ name: 'shared/kernel', shape: [5, 3] }),
          expect.objectContaining({ name: 'shared/bias', shape: [3] }),
        ],
      },
    ])
    const svg = unfold(shapes['deep stack']()).svg
    expect(svg).toContain('lstm/recurrentKernel [4, 16]')
    expect(svg).toContain('embedding/embeddings [20, 8]')
  })

  it('takes steps of a shorter axis from the steps that they are made of', () => {
    const figure = expand(outlines['time reduction']!, 5, 'u')
    const pairs = figure.arrows
      .filter(({ edge: e }) => e === 1)
      .map(({ from, to }) => `${from.text}${to.text}`)
    expect(pairs).toEqual(['h₁h₁', 'h₂h₁', 'h₃h₂', 'h₄h₂', 'h₅h₃'])
  })

  it('returns outputs to the state of the next step', () => {
    const figure = expand(outlines['output recurrence']!, 3, 'u')
    expect(
      figure.arrows.filter(({ label }) => label === 'W').map((a) => `${a.from.text}${a.to.text}`),
    ).toEqual(['o₁h₂', 'o₂h₃'])
  })

  it('looks at the memory with the state before, and reads what it has seen', () => {
    const outline = named('attention before each step')
    const figure = expand(outline, 3, 'u')
    const row = (name: string): number => outline.nodes.findIndex((n) => n.name === name)
    const between = (from: string, to: string): string[] =>
      figure.arrows
        .filter((a) => a.from.node === row(from) && a.to.node === row(to))
        .map((a) => `${a.from.column - 3}→${a.to.column - 3}`)
    expect(between('decoder/upper', 'decoder/attention')).toEqual(['0→1', '1→2'])
    expect(between('decoder/attention', 'decoder/lower')).toEqual(['0→0', '1→1', '2→2'])
    expect(between('decoder/lower', 'decoder/upper')).toEqual(['0→0', '1→1', '2→2'])
    for (const cell of ['decoder/lower', 'decoder/upper']) expect(between(cell, cell)).toEqual(['0→1', '1→2'])
    for (const part of ['decoder/attention', 'decoder/upper'])
      expect(between(part, 'decoder')).toEqual(['0→0', '1→1', '2→2'])
    // The encoder's two last states.
    expect(between('bidirectional/forward', 'decoder/lower')).toEqual(['-1→0'])
    expect(between('bidirectional/backward', 'decoder/upper')).toEqual(['-3→0'])
  })

  it('looks with the state behind a step, and feeds the next step what becomes of both', () => {
    const outline = named('attention behind each step, its result fed back')
    const figure = expand(outline, 2, 'u')
    const letter = (weight: string): string =>
      outline.legend.find(({ weights }) => weights.some(({ name }) => name === weight))!.letter
    const arrows = (label: string): string[] =>
      figure.arrows
        .filter((a) => a.label === label)
        .map(
          ({ from, to }) =>
            `${outline.nodes[from.node]!.name} ${from.column} → ${outline.nodes[to.node]!.name} ${to.column}`,
        )
    expect(arrows(letter('decoder/lower/kernel'))).toEqual([
      'embedded 2 → decoder/lower 2',
      'embedded 3 → decoder/lower 3',
      'decoder 2 → decoder/lower 3',
    ])
    expect(arrows(letter('decoder/kernel'))).toEqual([
      'decoder/upper 2 → decoder 2',
      'decoder/upper 3 → decoder 3',
      'decoder/attention 2 → decoder 2',
      'decoder/attention 3 → decoder 3',
    ])
  })

  it('escapes whatever names hold', () => {
    const outline: Outline = {
      axes: [],
      nodes: [{ ...node('input', '<x>&"\u0000', undefined), name: `"]; click <script> & 'x' #1 \`` }],
      edges: [],
      legend: [{ letter: '<', weights: [{ name: '&<>"', shape: [1] }] }],
    }
    const svg = drawOutline(outline, 2, '<title> & "more"')
    expect(elementsOf(svg).get('script')).toBeUndefined()
    expect(svg).toContain('&amp;&lt;&gt;&quot; [1]')
    expect(svg).not.toContain('\u0000')
    const mermaid = mermaidOf(outline, 2)
    expect(mermaid).toContain('(("#60;x#62;#38;#34; ')
    expect(mermaid.match(/"/g)!.length % 2).toBe(0)
    expect(mermaid).not.toMatch(/<script|&|`/)
  })

  it('has drawn the picture of the documentation', () => {
    const committed = readFileSync(new URL('../../docs/unfold.svg', import.meta.url), 'utf8')
    const tagger = sequential([
      layers.embedding({ inputDim: 100, outputDim: 16 }),
      layers.bidirectional(layers.lstm({ units: 32, returnSequences: true })),
      layers.dense({ units: 9 }),
    ]).compile({ loss: 'sparseCategoricalCrossentropy' })
    expect(committed).toBe(unfold(tagger, { steps: 4 }).svg)
  })

  it('draws four steps unless told', () => {
    expect(unfold(shapes['hidden recurrence']()).svg).toContain('unfolded, 4 steps')
    expect(unfold(shapes['hidden recurrence'](), { steps: 8 }).svg).toContain('unfolded, 8 steps')
  })

  it('refuses what it cannot draw', () => {
    const refusal = (work: () => unknown): string | undefined => {
      try {
        work()
      } catch (error) {
        return error instanceof OstinatoError ? error.code : String(error)
      }
      return undefined
    }
    const m = shapes['hidden recurrence']()
    expect(refusal(() => unfold(m, { steps: 0 }))).toBe('INVALID_OPTION')
    expect(refusal(() => unfold(m, { step: 3 } as never))).toBe('UNKNOWN_OPTION')
    expect(refusal(() => unfold(sequential([layers.lstm({ units: 2 })])))).toBe('NOT_BUILT')
  })
})
