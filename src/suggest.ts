import { OstinatoError } from './errors.js'
import { editDistance } from './text/error-rates.js'

/** The candidate most like the name; undefined where even that one is mostly different. The first wins a tie. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    // Without regard to case: `returnsequences` is one slip away from `returnSequences`, not two.
    const d = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (d < bestDistance && d <= Math.max(name.length, candidate.length) / 2) {
      best = candidate
      bestDistance = d
    }
  }
  return best
}

/** `Did you mean "units"?` where a name is near, else the list of what is known. */
export function suggestion(name: string, candidates: readonly string[]): string {
  const near = nearest(name, candidates)
  return near === undefined ? `Known: ${candidates.join(', ')}` : `Did you mean "${near}"?`
}

/** Refuses options that nobody reads, so that a misspelt one is not ignored. */
export function checkOptions(where: string, options: object, allowed: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new OstinatoError('INVALID_OPTION', where, {
      expected: 'an object of options',
      received: String(options),
    })
  }
  for (const name of Object.keys(options)) {
    if (allowed.includes(name)) continue
    const remedy = allowed.length === 0 ? 'There are no options here' : suggestion(name, allowed)
    throw new OstinatoError('UNKNOWN_OPTION', where, `unknown option "${name}"`, { remedy })
  }
}

/** Refuses a value that is none of the known names. */
export function checkName<Name extends string>(
  where: string,
  value: string,
  known: readonly Name[],
): asserts value is Name {
  if ((known as readonly string[]).includes(value)) return
  throw new OstinatoError(
    'INVALID_OPTION',
    where,
    { expected: known.map((name) => `"${name}"`).join(' or '), received: JSON.stringify(value) ?? 'nothing' },
    typeof value === 'string' ? { remedy: suggestion(value, known) } : {},
  )
}

/** Refuses anything but an integer of at least `minimum`. */
export function checkInteger(where: string, value: number, minimum: number): void {
  if (Number.isSafeInteger(value) && value >= minimum) return
  throw new OstinatoError('INVALID_OPTION', where, {
    expected: `an integer of at least ${minimum}`,
    received: String(value),
  })
}
