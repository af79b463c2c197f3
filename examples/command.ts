/** An example as a command: its options, its help, and messages instead of stack traces for what its user can mend. */
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { BackendName } from 'ostinato'

const backends: readonly string[] = ['native', 'wasm', 'reference'] satisfies BackendName[]

/** What the user can mend: a wrong option, a missing or damaged file. */
export class InputError extends Error {}

/** What an option may be, the first of them by default. */
type Words = Readonly<Record<string, readonly string[]>>

export interface Command<
  Numbers extends Record<string, number>,
  Data extends string | undefined = string | undefined,
  Choices extends Words = Record<never, never>,
> {
  /** What the example does, for its help. */
  readonly about: string
  /** What lies where `--data` points, and where to get it. Absent where the example makes its data: no `--data` then. */
  readonly data?: Data
  /**
   * Options that are numbers, with their defaults: a default that is whole takes whole numbers of at least 1, 0 takes numbers from
   * 0 on, another one numbers above 0.
   */
  readonly numbers: Numbers
  /** Options that are one of a few words. */
  readonly choices?: Choices
  /** Options that are lists of words, with their defaults: on the command line with commas between. */
  readonly lists?: { readonly [name: string]: readonly string[] }
  /** What `--picture FILE` shows. Absent where nothing is drawn: no `--picture` then. */
  readonly picture?: string
  /** `--load` takes several files with commas between them: models that are measured as one. */
  readonly ensemble?: boolean
}

export type Settings<Numbers, Data = string | undefined, Choices extends Words = Record<never, never>> = {
  readonly [name in keyof Numbers]: number
} & {
  readonly [name in keyof Choices]: Choices[name][number]
} & {
  readonly data: Data extends string ? string : undefined
  readonly lists: { readonly [name: string]: readonly string[] }
  readonly seed: number
  readonly backend: { readonly backend?: BackendName }
  readonly save: string | undefined
  readonly load: string | undefined
  readonly picture: string | undefined
  readonly json: boolean
}

type AnyCommand = Command<Record<string, number>, string | undefined, Words>

function usage(command: AnyCommand): string {
  const { about, data, numbers, lists = {}, choices = {}, picture, ensemble } = command
  const rows = [
    ...(data === undefined ? [] : [['--data PATH', data] as const]),
    ...Object.entries(choices).map(([name, words]) => [
      `--${name}`,
      `${words.join(', ')}; default: the first`,
    ]),
    ...Object.entries(lists).map(([name, words]) => [`--${name}`, `default ${words.join(',')}`]),
    ...Object.entries(numbers).map(([name, value]) => [`--${name}`, `default ${value}`]),
    ['--seed', 'default 0'],
    ['--backend', 'native, wasm or reference; default: the first that runs'],
    ['--save FILE', 'write the trained model'],
    ensemble
      ? ['--load FILE,…', 'measure saved models, together, instead of training one']
      : ['--load FILE', 'measure a saved model instead of training one'],
    ...(picture === undefined ? [] : [['--picture FILE', `draw ${picture} as SVG`] as const]),
    ['--json', 'the result as JSON on standard output'],
  ] as const
  return `${about}\n\n${rows.map(([name, text]) => `  ${name!.padEnd(14)}${text}`).join('\n')}`
}

function parse(command: AnyCommand, args: readonly string[]): Record<string, string | boolean | undefined> {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const { numbers, lists, choices } = command
  const named = Object.keys({ ...choices, ...lists, ...numbers }).map((name) => [name, text] as const)
  const data = command.data === undefined ? {} : { data: text }
  const drawn = command.picture === undefined ? {} : { picture: text }
  const options = {
    ...data,
    ...drawn,
    seed: text,
    backend: text,
    save: text,
    load: text,
    json: flag,
    help: flag,
  }
  try {
    return parseArgs({ args: [...args], options: { ...Object.fromEntries(named), ...options } }).values
  } catch (error) {
    throw new InputError(`${(error as Error).message}\n\n${usage(command)}`)
  }
}

interface Kind {
  readonly expected: string
  fits(value: number): boolean
}

const wholeFrom = (least: number): Kind => ({
  expected: `a whole number of at least ${least}`,
  fits: (value) => Number.isSafeInteger(value) && value >= least,
})

function kindOf(byDefault: number): Kind {
  if (byDefault === 0)
    return { expected: 'a number of at least 0', fits: (value) => value >= 0 && value < Infinity }
  if (Number.isInteger(byDefault)) return wholeFrom(1)
  return { expected: 'a number above 0', fits: (value) => value > 0 && value < Infinity }
}

function numberOf(
  name: string,
  given: string | boolean | undefined,
  byDefault: number,
  { expected, fits } = kindOf(byDefault),
): number {
  if (given === undefined) return byDefault
  const value = Number(given)
  if (fits(value)) return value
  throw new InputError(`--${name}: expected ${expected}, received ${given}`)
}

function listOf(
  name: string,
  given: string | boolean | undefined,
  byDefault: readonly string[],
): readonly string[] {
  if (given === undefined) return byDefault
  const words = String(given).split(',')
  if (words.every((word) => word !== '') && new Set(words).size === words.length) return words
  throw new InputError(`--${name}: expected words with commas between, each once, received "${given}"`)
}

function wordOf(name: string, given: string | boolean | undefined, words: readonly string[]): string {
  const word = given ?? words[0]
  if (words.some((each) => each === word)) return word as string
  throw new InputError(`--${name}: expected ${words.join(', ')}, received ${given}`)
}

/** The settings that a command line gives, or nothing where it asked for help and got it. */
export function readSettings<
  Numbers extends Record<string, number>,
  Data extends string | undefined,
  const Choices extends Words = Record<never, never>,
>(
  command: Command<Numbers, Data, Choices>,
  args: readonly string[],
): Settings<Numbers, Data, Choices> | undefined {
  const values = parse(command, args)
  if (values['help']) {
    console.log(usage(command))
    return undefined
  }
  const { data, backend, save, load, picture, json } = values as Record<string, string | undefined>
  if (data === undefined && command.data !== undefined)
    throw new InputError(`Say where the data lies: --data PATH\n\n${usage(command)}`)
  if (backend !== undefined && !backends.includes(backend))
    throw new InputError(`--backend: expected ${backends.join(', ')}, received ${backend}`)
  const loaded = command.ensemble ? load?.split(',') : load
  for (const file of [loaded ?? []].flat())
    if (!existsSync(file)) throw new InputError(`--load: no file ${file}`)
  for (const [name, file] of Object.entries({ save, picture }))
    if (file !== undefined && !existsSync(dirname(resolve(file))))
      throw new InputError(`--${name}: no folder ${dirname(resolve(file))}`)
  type Given = string | boolean | undefined
  const each = <Default, Value>(
    options: Readonly<Record<string, Default>>,
    read: (name: string, given: Given, byDefault: Default) => Value,
  ) => Object.fromEntries(Object.entries(options).map(([name, of]) => [name, read(name, values[name], of)]))
  return {
    ...(each(command.numbers, numberOf) as { [name in keyof Numbers]: number }),
    ...(each(command.choices ?? {}, wordOf) as { [name in keyof Choices]: Choices[name][number] }),
    data: data as Settings<Numbers, Data>['data'],
    lists: each(command.lists ?? {}, listOf),
    seed: numberOf('seed', values['seed'], 0, wholeFrom(0)),
    backend: backend === undefined ? {} : { backend: backend as BackendName },
    save,
    load,
    picture,
    json: Boolean(json),
  }
}

/** Runs an example with the options of the command line. What the user can mend ends it with a message and exit code 1. */
export async function example<
  Numbers extends Record<string, number>,
  Data extends string | undefined,
  const Choices extends Words = Record<never, never>,
>(
  command: Command<Numbers, Data, Choices>,
  main: (settings: Settings<Numbers, Data, Choices>) => Promise<void>,
): Promise<void> {
  try {
    const settings = readSettings(command, process.argv.slice(2))
    if (settings) await main(settings)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
