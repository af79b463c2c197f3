/**
 * Dialogue acts and the sentences that say them, as in the data of RNNLG (Wen et al. 2015): read, made into a binary vector and into text with
 * placeholders where the values of slots stood, and back.
 */

import { InputError } from './command.js'
import { readData } from './data.js'

export interface Slot {
  readonly name: string
  /** `?` where it is asked for; `yes`, `no`, `none` and `dontcare` are said in words of their own. */
  readonly value: string
}

/** What is to be said: `inform(name=quince;kidsallowed=no)`. */
export interface DialogueAct {
  readonly type: string
  readonly slots: readonly Slot[]
}

export interface Turn {
  readonly act: DialogueAct
  /** Words with spaces between, in small letters, without the last mark. */
  readonly sentence: string
}

const spellings = new Map([
  ['true', 'yes'],
  ['false', 'no'],
  ['dont_care', 'dontcare'],
])
const spoken: readonly string[] = ['?', 'yes', 'no', 'none', 'dontcare']

/** Slots that are said by one of these words rather than by their value. */
const keywords: Readonly<Record<string, readonly string[]>> = {
  kidsallowed: ['child', 'kid', 'kids', 'children'],
}

/** Whether a placeholder stands for the value. The type is always "restaurant", and said by this word. */
const isHidden = ({ name, value }: Slot): boolean => name !== 'type' && !spoken.includes(value)

const placeholder = (name: string): string => `SLOT_${name.toUpperCase()}`

const unquoted = (text: string): string => text.trim().replaceAll(/^['"]+|['"]+$/g, '')

export function parseAct(text: string): DialogueAct {
  const [, type, inside] = /^([^()]+)\((.*)\)$/.exec(text) ?? []
  if (type === undefined || inside === undefined) throw new InputError(`Not a dialogue act: "${text}"`)
  const slots = inside
    .split(';')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', value = '?'] = part.split('=').map(unquoted)
      return { name: name.replaceAll(/[ _]/g, ''), value: spellings.get(value) ?? value }
    })
  return { type, slots }
}

export function writeAct({ type, slots }: DialogueAct): string {
  return `${type}(${slots.map(({ name, value }) => (value === '?' ? name : `${name}=${value}`)).join('; ')})`
}

/** The turns of a file: lines that begin with #, then a list of [dialogue act, sentence, sentence of a baseline]. */
export function readTurns(folder: string, name: string): Turn[] {
  const text = readData(folder, name).toString('utf8').replaceAll(/^#.*$/gm, '')
  let rows: unknown
  try {
    rows = JSON.parse(text)
  } catch (error) {
    throw new InputError(`${name} is no JSON behind its first lines: ${(error as Error).message}`)
  }
  if (!Array.isArray(rows)) throw new InputError(`${name}: expected a list of turns`)
  return rows.map((row: unknown, i) => {
    const [act, sentence] = Array.isArray(row) ? (row as unknown[]) : []
    if (typeof act !== 'string' || typeof sentence !== 'string')
      throw new InputError(`${name}, turn ${i}: expected a list of a dialogue act and sentences`)
    return { act: parseAct(act), sentence: sentence.toLowerCase().replace(/ [.?!]$/, '') }
  })
}

/**
 * What an act says, values left out: its type, and of each slot that it has one, such as `name=_1`, `_2` for the second of that name, or
 * how it is spoken of, such as `food=dontcare`. Acts with the same features can be said by the same sentences.
 */
export function featuresOf({ type, slots }: DialogueAct): string[] {
  const counts = new Map<string, number>()
  const features = slots.map((slot) => {
    const { name, value } = slot
    if (spoken.includes(value)) return `${name}=${value}`
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return `${name}=_${count}`
  })
  return [type, ...features.sort()]
}

/** A value of several parts in all their orders: "a or b" is also said as "b and a". */
function orders(value: string): string[] {
  const permutations = (parts: readonly string[]): string[][] =>
    parts.length < 2
      ? [[...parts]]
      : parts.flatMap((part, i) =>
          permutations(parts.filter((_, other) => other !== i)).map((rest) => [part, ...rest]),
        )
  const all = permutations(value.split(/ (?:and|or) /))
  return [' and ', ' or '].flatMap((word) => all.map((parts) => parts.join(word)))
}

/** The sentence with `SLOT_NAME` in place of values, longer ones first. Values that it says in other words stay. */
export function delexicalise(sentence: string, { slots }: DialogueAct): string {
  let text = ` ${sentence} `
  for (const { name, value } of slots.filter(isHidden).sort((a, b) => b.value.length - a.value.length)) {
    const said = orders(value).find((each) => text.includes(` ${each} `))
    if (said !== undefined) text = text.replace(` ${said} `, ` ${placeholder(name)} `)
  }
  return text.trim()
}

/** The sentence with values in place of `SLOT_NAME`; where there are several of one name, in the order of the act. */
export function lexicalise(sentence: string, { slots }: DialogueAct): string {
  let text = ` ${sentence} `
  for (const { name, value } of slots.filter(isHidden))
    text = text.replace(` ${placeholder(name)} `, () => ` ${value} `)
  return text.trim()
}

/** Slots that a sentence with placeholders leaves out or says too often, and how many there are to say. */
export interface SlotErrors {
  readonly errors: number
  readonly slots: number
}

/**
 * As RNNLG counts them: of each slot how often its placeholder, or one of its key words, stands there too often or too seldom. What does
 * not matter or is not known can be said in many words, and is not looked for; nor is what a question gives to choose from.
 */
export function slotErrors(sentence: string, act: DialogueAct): SlotErrors {
  if (act.type === '?select') return { errors: 0, slots: 0 }
  const words = sentence.split(' ')
  const wanted = new Map<string, number>()
  const found = new Map<string, number>()
  const add = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)
  for (const slot of act.slots) {
    if (slot.name in keywords ? slot.value !== '?' : isHidden(slot)) add(wanted, slot.name)
  }
  for (const word of words) {
    const key = Object.keys(keywords).find((name) => keywords[name]!.includes(word))
    if (key !== undefined) add(found, key)
    else if (word.startsWith('SLOT_')) add(found, word.slice(5).toLowerCase())
  }
  let [errors, slots] = [0, 0]
  for (const name of new Set([...wanted.keys(), ...found.keys()])) {
    const count = wanted.get(name) ?? 0
    slots += count
    errors += Math.abs(count - (found.get(name) ?? 0))
  }
  return { errors, slots }
}
