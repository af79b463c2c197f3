import type { TensorData } from '../data/tensor-data.js'
import { OstinatoError } from '../errors.js'

/**
 * Puts words of the source where a model could say nothing but "unknown": each such word becomes the one that the model looked at most for it (Jean
 * et al. 2015), or what `dictionary` has for that one.
 */
export function replaceUnknown(
  words: readonly string[],
  options: {
    /** The word that stands for unknown ones. */
    readonly unknown: string
    /** The words of the source, one for each of its steps. */
    readonly source: readonly string[]
    /** Of the hypothesis: [at least as many as words, source steps]. */
    readonly attention: TensorData | undefined
    /** Translations of source words. Default: they are copied. */
    readonly dictionary?: ReadonlyMap<string, string>
  },
): string[] {
  const { unknown, source, attention, dictionary } = options
  const [steps = 0, width = 0] = attention?.shape ?? []
  if (!attention || steps < words.length || width !== source.length) {
    throw new OstinatoError('SHAPE_MISMATCH', 'decode.replaceUnknown, attention', {
      expected: `[at least ${words.length}, ${source.length}], a row for each word`,
      received: attention ? `[${attention.shape.join(', ')}]` : 'none',
    })
  }
  return words.map((word, step) => {
    if (word !== unknown || width === 0) return word
    let most = 0
    for (let i = 1; i < width; i++) {
      if (attention.data[step * width + i]! > attention.data[step * width + most]!) most = i
    }
    return dictionary?.get(source[most]!) ?? source[most]!
  })
}
