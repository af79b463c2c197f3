import { readFileSync } from 'node:fs'
import { type Bleu, type TextReferences, type TranslationEditRate, textMetrics } from 'ostinato'
import { expect, test } from 'vitest'
import { describeWithData } from './shared-data.js'

const { bleu, chrf, ter } = textMetrics

/** The last bits of exp and log are not the same everywhere. */
function expectClose(value: number, expected: number): void {
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected)))
}

function expectBleu(value: Bleu, expected: Bleu): void {
  expectClose(value.score, expected.score)
  expectClose(value.brevityPenalty, expected.brevityPenalty)
  expect(value.precisions).toEqual(expected.precisions)
  expect(value.hypothesisLength).toBe(expected.hypothesisLength)
  expect(value.referenceLength).toBe(expected.referenceLength)
}

const tokenizers = ['13a', 'none', 'char'] as const

interface Case {
  readonly hypotheses: string[]
  readonly references: TextReferences
  readonly '13a': Bleu
  readonly none: Bleu
  readonly char: Bleu
  readonly lowercase: number
  readonly unsmoothed: number
  readonly bigrams: number
  readonly sentences: number[]
  readonly chrf: number
  readonly 'chrf++': number
  readonly chrf1: number
  readonly ter: TranslationEditRate
  readonly terCased: TranslationEditRate
}

const fixture = readFileSync(new URL('./fixtures/sacrebleu.json', import.meta.url), 'utf8')
const { cases } = JSON.parse(fixture) as { cases: Case[] }

test.each(cases.map((one, i) => [i, one] as const))('sacreBLEU on random corpus %i', (_, one) => {
  const { hypotheses, references } = one
  for (const tokenize of tokenizers) expectBleu(bleu(hypotheses, references, { tokenize }), one[tokenize])
  expectClose(bleu(hypotheses, references, { lowercase: true }).score, one.lowercase)
  expectClose(bleu(hypotheses, references, { smoothing: 'none' }).score, one.unsmoothed)
  expectClose(bleu(hypotheses, references, { maxOrder: 2 }).score, one.bigrams)
  for (const [i, score] of one.sentences.entries()) {
    expectClose(bleu([hypotheses[i]!], [references[i]!], { effectiveOrder: true }).score, score)
  }
  expectClose(chrf(hypotheses, references), one.chrf)
  expectClose(chrf(hypotheses, references, { wordOrder: 2 }), one['chrf++'])
  expectClose(chrf(hypotheses, references, { characterOrder: 3, beta: 1, lowercase: true }), one.chrf1)
  for (const [caseSensitive, expected] of [
    [false, one.ter],
    [true, one.terCased],
  ] as const) {
    const value = ter(hypotheses, references, { caseSensitive })
    expect(value.edits).toBe(expected.edits)
    expectClose(value.referenceLength, expected.referenceLength)
    expectClose(value.score, expected.score)
  }
})

describeWithData('metrics/sacrebleu.json', (path) => {
  interface Given {
    readonly score: number
    readonly precisions: number[]
    readonly bp: number
    readonly sys_len: number
    readonly ref_len: number
  }
  interface SharedCase {
    readonly name: string
    readonly hypotheses: string[]
    /** [set][sentence] */
    readonly references: string[][]
    readonly sentence_bleu_13a_exp: number[]
    readonly chrf2: number
    readonly chrf2pp: number
    readonly ter: number
  }
  const shared = (JSON.parse(readFileSync(path, 'utf8')) as { cases: SharedCase[] }).cases
  test.each(shared.map((one) => [one.name, one] as const))('sacreBLEU: %s', (_, one) => {
    const { hypotheses } = one
    const references = hypotheses.map((__, i) => one.references.map((set) => set[i]!))
    for (const tokenize of tokenizers) {
      const given = (one as unknown as Record<string, Given>)[`bleu_${tokenize}`]!
      expectBleu(bleu(hypotheses, references, { tokenize }), {
        score: given.score,
        precisions: given.precisions,
        brevityPenalty: given.bp,
        hypothesisLength: given.sys_len,
        referenceLength: given.ref_len,
      })
    }
    for (const [i, score] of one.sentence_bleu_13a_exp.entries()) {
      expectClose(bleu([hypotheses[i]!], [references[i]!], { effectiveOrder: true }).score, score)
    }
    expectClose(chrf(hypotheses, references), one.chrf2)
    expectClose(chrf(hypotheses, references, { wordOrder: 2 }), one.chrf2pp)
    expectClose(ter(hypotheses, references).score, one.ter)
  })
})
