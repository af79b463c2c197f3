import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { History } from '../../src/decode/history.js'
import { describeWithData } from './shared-data.js'

type Steps = number[][]

interface Case {
  readonly test: string
  readonly end_token: number
  readonly step_ids_time_beam?: Steps
  readonly predicted_ids_batch_time_beam?: Steps[]
  readonly parent_ids: Steps | Steps[]
  readonly max_sequence_lengths?: number[]
  readonly expected: Steps | Steps[]
}

/** The sequences of all rows of the last step, [time, rows], padded with the end token and by it ended. */
function backtraced(ids: Steps, parents: Steps, length: number, endToken: number): Steps {
  const rows = ids[0]!.length
  const history = new History()
  for (let t = 0; t < length; t++) {
    history.append(Int32Array.from(ids[t]!), Int32Array.from(parents[t]!), new Float32Array(rows))
  }
  const sequences = Array.from({ length: rows }, (_, row) => {
    const tokens = new Int32Array(ids.length).fill(endToken)
    history.readTokens(length - 1, row, tokens)
    const end = tokens.indexOf(endToken)
    return end < 0 ? tokens : tokens.fill(endToken, end)
  })
  return ids.map((_, t) => sequences.map((tokens) => tokens[t]!))
}

describeWithData('beam/gather_tree.json', (path) => {
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: Case[] }
  test('backtracing a beam gives the published sequences', () => {
    expect(cases.length).toBeGreaterThan(1)
    for (const one of cases) {
      const batched = one.predicted_ids_batch_time_beam
      const ids = batched ?? [one.step_ids_time_beam!]
      const parents = (batched ? one.parent_ids : [one.parent_ids]) as Steps[]
      const expected = (batched ? one.expected : [one.expected]) as Steps[]
      for (const [i, steps] of ids.entries()) {
        const length = one.max_sequence_lengths?.[i] ?? steps.length
        expect(backtraced(steps, parents[i]!, length, one.end_token), one.test).toEqual(expected[i])
      }
    }
  })
})
