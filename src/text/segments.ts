import { OstinatoError } from '../errors.js'

/** For each hypothesis one reference, or several of which any is right. */
export type TextReferences = readonly (string | readonly string[])[]

/** The references of each hypothesis as a list; refuses what does not fit together. */
export function referencesOf<Reference>(
  where: string,
  hypotheses: readonly unknown[],
  references: readonly (Reference | readonly Reference[])[],
  isSingle: (reference: Reference | readonly Reference[]) => reference is Reference,
): (readonly Reference[])[] {
  if (hypotheses.length === 0) {
    throw new OstinatoError('EMPTY_DATA', where, { expected: 'at least one hypothesis', received: 'none' })
  }
  if (hypotheses.length !== references.length) {
    throw new OstinatoError('SHAPE_MISMATCH', `${where}, references`, {
      expected: `${hypotheses.length}, one entry for each hypothesis`,
      received: String(references.length),
    })
  }
  return references.map((entry, i) => {
    const list = isSingle(entry) ? [entry] : entry
    if (list.length > 0) return list
    throw new OstinatoError('EMPTY_DATA', `${where}, references[${i}]`, {
      expected: 'at least one reference',
      received: 'none',
    })
  })
}

export function isText(reference: string | readonly string[]): reference is string {
  return typeof reference === 'string'
}

/** The words between whitespace. */
export function wordsOf(text: string): string[] {
  return text.split(/\p{White_Space}+/u).filter((word) => word !== '')
}

/** How often each n-gram of `length` items comes. */
export function countNgrams(
  items: readonly string[],
  length: number,
  separator: string,
): Map<string, number> {
  const counts = new Map<string, number>()
  for (let start = 0; start + length <= items.length; start++) {
    const ngram = items.slice(start, start + length).join(separator)
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1)
  }
  return counts
}
