/** The examples as commands, on data made here: they learn, save, load and say what is wrong. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { InputError, readSettings } from '../../examples/command.js'
import { idx, wav } from './made.js'

// Each test is several processes, which a busy machine is slow to start.
vi.setConfig({ testTimeout: 300_000 })

const folder = mkdtempSync(join(tmpdir(), 'ostinato-'))
afterAll(() => rmSync(folder, { recursive: true }))
const root = fileURLToPath(new URL('../..', import.meta.url))

function run(script: string, ...parameters: string[]) {
  const all = ['--import', 'tsx', `examples/${script}.ts`, '--json', ...parameters]
  return spawnSync(process.execPath, all, { cwd: root, encoding: 'utf8' })
}

function result(script: string, ...parameters: string[]): Record<string, unknown> {
  const { status, stdout, stderr } = run(script, ...parameters)
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

/** The figures of a training run, without those of the training; the model that it saved gives the same. */
function learnsAndLoads(script: string, ...parameters: string[]): Record<string, unknown> {
  const file = join(folder, `${script}.safetensors`)
  const common = [...parameters, '--backend', 'reference']
  const { learnedWords: _, epochs, trainingSeconds, ...trained } = result(script, ...common, '--save', file)
  expect([epochs, trainingSeconds]).toEqual([expect.any(Number), expect.any(Number)])
  expect(result(script, ...common, '--load', file)).toEqual(trained)
  const { seed, backend, ...figures } = trained
  expect([seed, backend]).toEqual([0, 'reference'])
  return figures
}

describe('the command line', () => {
  const command = {
    about: 'An example.',
    data: 'made up',
    numbers: { units: 8, rate: 0.5, share: 0 },
    lists: { languages: ['la', 'grc'] },
    choices: { way: ['left', 'right'] },
  } as const
  const read = (...args: string[]) => readSettings(command, args)

  test('gives defaults, and what is asked for instead', () => {
    const rest = { data: '.', backend: {}, save: undefined, load: undefined, json: false }
    const { lists } = command
    const unasked = { units: 8, rate: 0.5, share: 0, seed: 0, way: 'left' }
    expect(read('--data', '.')).toEqual({ ...rest, ...unasked, lists })
    const asked = '--units 9 --rate 2.5 --share 0.5 --way right --seed 3 --backend wasm --json'.split(' ')
    const numbers = { units: 9, rate: 2.5, share: 0.5, seed: 3 }
    const expected = { ...rest, ...numbers, lists, way: 'right', backend: { backend: 'wasm' }, json: true }
    expect(read('--data', '.', ...asked)).toEqual(expected)
    expect(read('--data', '.', '--languages', 'grc,fro')?.lists).toEqual({ languages: ['grc', 'fro'] })
  })

  test.each([
    { args: [], says: /^Say where the data lies: --data PATH/ },
    { args: ['--data', '.', '--units', '0'], says: /^--units: expected a whole number of at least 1/ },
    { args: ['--data', '.', '--units', '1.5'], says: /received 1\.5$/ },
    { args: ['--data', '.', '--rate=-1'], says: /^--rate: expected a number above 0, received -1/ },
    { args: ['--data', '.', '--share=-1'], says: /^--share: expected a number of at least 0, received -1/ },
    {
      args: ['--data', '.', '--languages', 'la,,grc'],
      says: /^--languages: expected words .* received "la,,grc"/,
    },
    { args: ['--data', '.', '--languages', 'la,la'], says: /^--languages: expected words .*, each once/ },
    { args: ['--data', '.', '--unit', '1'], says: /--unit'/ },
    { args: ['--data', '.', '--backend', 'gpu'], says: /^--backend: expected native, wasm, reference/ },
    { args: ['--data', '.', '--way', 'up'], says: /^--way: expected left, right, received up/ },
    { args: ['--data', '.', '--save', '/nowhere/x'], says: /^--save: no folder \/nowhere/ },
    { args: ['--data', '.', '--load', '/nowhere'], says: /^--load: no file \/nowhere$/ },
  ])('refuses $args', ({ args, says }) => {
    expect(() => read(...args)).toThrow(InputError)
    expect(() => read(...args)).toThrow(says)
  })

  test('draws only where there is something to draw', () => {
    const drawing = { about: 'An example.', numbers: {}, picture: 'lines' }
    expect(readSettings(drawing, ['--picture', 'x.svg'])).toMatchObject({ picture: 'x.svg' })
    expect(() => readSettings(drawing, ['--picture', '/nowhere/x.svg'])).toThrow(
      /^--picture: no folder \/nowhere/,
    )
    expect(() => read('--data', '.', '--picture', 'x.svg')).toThrow(/--picture/)
  })

  test('--load takes several files where they are measured together', () => {
    const several = { ...command, ensemble: true }
    const args = (...files: string[]) => ['--data', '.', '--load', files.join(',')]
    expect(readSettings(several, args('package.json', 'README.md'))?.load).toBe('package.json,README.md')
    const says = (path: string) => new RegExp(`^--load: no file ${path}$`)
    expect(() => readSettings(several, args('package.json', '/nowhere'))).toThrow(says('/nowhere'))
    expect(() => readSettings(command, args('package.json', 'README.md'))).toThrow(
      says('package.json,README.md'),
    )
  })

  test('has no --data where the example makes its own', () => {
    const made = { about: 'An example.', numbers: { units: 8 } }
    expect(readSettings(made, [])).toMatchObject({ units: 8, data: undefined })
    expect(() => readSettings(made, ['--data', '.'])).toThrow(/--data/)
  })

  test('--help names every option', () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    expect(read('--help')).toBeUndefined()
    const [text] = log.mock.calls[0] as [string]
    log.mockRestore()
    const named = ['data', 'way', 'languages', 'units', 'rate', 'seed', 'backend', 'save', 'load', 'json']
    for (const option of named) expect(text).toContain(`--${option}`)
  })

  test('ends an example with the message alone', () => {
    const { status, stdout, stderr } = run('mnist-rows', '--data', '/nowhere')
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^No file \/nowhere\/train-images-idx3-ubyte, nor .*\n$/)
  })
})

describe('mnist', () => {
  const data = join(folder, 'mnist')
  const images = Array.from({ length: 24 }, (_, row) => Array<number>(28 * 28).fill(row % 2 ? 255 : 0))
  const labels = images.map((_, row) => row % 2)
  beforeAll(() => {
    mkdirSync(data)
    writeFileSync(join(data, 'train-images-idx3-ubyte.gz'), gzipSync(idx([24, 28, 28], images.flat())))
    writeFileSync(join(data, 'train-labels-idx1-ubyte'), idx([24], labels))
  })

  test.each([
    ['mnist-rows', ['--epochs', '10']],
    ['mnist-pixels', ['--epochs', '4', '--pixelUnits', '4', '--reduction', '28']],
  ])('%s tells bright from dark', (script, more) => {
    const small = ['--units', '4', '--batch', '4', '--dev', '8', '--rate', '0.05', ...more]
    const { accuracy } = learnsAndLoads(script, '--data', data, ...small)
    expect(accuracy).toBe(100)
  })

  test('digit-captions spells lying and standing bars, and draws some', () => {
    const bars = join(folder, 'bars')
    mkdirSync(bars)
    const bar = (label: number) =>
      Array.from({ length: 28 * 28 }, (_, i) => ((label ? i % 28 : i / 28) >> 2 === 3 ? 255 : 0))
    writeFileSync(join(bars, 'train-images-idx3-ubyte'), idx([24, 28, 28], labels.flatMap(bar)))
    // Names of one length, so that batches have both.
    const digits = labels.map((label) => (label ? 9 : 4))
    writeFileSync(join(bars, 'train-labels-idx1-ubyte'), idx([24], digits))
    const picture = join(folder, 'digits.svg')
    const sizes = ['--filters', '4', '--features', '16', '--units', '16', '--batch', '2', '--dev', '8']
    const small = [...sizes, '--rate', '0.01', '--epochs', '15', '--picture', picture]
    expect(learnsAndLoads('digit-captions', '--data', bars, ...small)).toEqual({ images: 8, exact: 100 })
    const drawn = readFileSync(picture, 'utf8')
    expect(drawn.match(/<text [^>]*>\w+<\/text>/g)?.map((text) => text.replaceAll(/<[^>]*>/g, ''))).toEqual([
      'four',
      'nine',
    ])
    // Four rows of a lying bar, and 28 of a standing one.
    expect(drawn.match(/h28v1h-28z/g)).toHaveLength(4)
    expect(drawn.match(/M12 \d+h4v1h-4z/g)).toHaveLength(28)
  })
})

test('dialogue says acts it has learned with other values, and leaves no slot out', () => {
  const data = join(folder, 'dialogue')
  mkdirSync(data)
  const turn = (name: string, food: string) => [
    [`inform(name=${name};food='${food}')`, `${name} is a place that serves ${food} .`, ''],
    [`inform(name=${name};kidsallowed=no)`, `${name} does not allow child -s`, ''],
  ]
  const write = (file: string, turns: unknown) =>
    writeFileSync(join(data, file), `# Somebody #\n${JSON.stringify(turns)}`)
  write('train.json', [...turn('quince', 'thai'), ...turn('marlowe', 'sea food')])
  write('valid.json', [...turn('so', 'basque'), ...turn('garcon', 'french')])
  const sizes = ['--embedding', '8', '--units', '16', '--dropout', '0.01', '--batch', '4', '--beams', '3']
  const figures = learnsAndLoads('dialogue', '--data', data, ...sizes, '--epochs', '40', '--rate', '0.05')
  expect(figures).toEqual({
    turns: 4,
    acts: 2,
    bleu: 1,
    bleuOfFive: expect.any(Number),
    bleuOfActs: 1,
    slotErrors: 0,
  })
  expect(figures['bleuOfFive']).toBeLessThan(1)
})

test('surnames reports accuracy over names and over languages', () => {
  const data = join(folder, 'names')
  mkdirSync(data)
  const letters = [...'abcdefghij']
  writeFileSync(join(data, 'First.txt'), letters.map((c) => `o${c}o`).join('\n'))
  writeFileSync(join(data, 'Second.txt'), `${letters.map((c) => `i${c}i`).join('\n')}\niai\n`)
  const small = ['--units', '4', '--embedding', '4', '--batch', '5', '--epochs', '2']
  const figures = learnsAndLoads('surnames', '--data', data, ...small)
  expect(Object.keys(figures)).toEqual(['microAccuracy', 'macroAccuracy'])
})

test('spoken-digits learns from recordings 10 on, measures with 5 to 9, and leaves 0 to 4 alone', () => {
  const data = join(folder, 'recordings')
  mkdirSync(data)
  for (const number of [4, 5, 9, 10, 11, 12])
    for (const digit of [0, 1]) {
      const samples = Array.from({ length: 800 }, (_, i) => 0.5 * Math.sin(i * (digit + 0.3)))
      const name = `${digit}_somebody_${number}.wav`
      writeFileSync(join(data, name), number === 4 ? 'no sound' : wav(samples, 8000))
    }
  const small = ['--units', '4', '--batch', '2', '--epochs', '2']
  expect(Object.keys(learnsAndLoads('spoken-digits', '--data', data, ...small))).toEqual(['accuracy'])
})

test('nottingham measures whole tunes of "valid", all frames but the first of each', () => {
  const data = join(folder, 'tunes')
  mkdirSync(data)
  const tune = (length: number) => Array.from({ length }, (_, t) => [40 + (t % 2), 60])
  const tunes = { train: [tune(12), tune(7), tune(1)], valid: [tune(9), tune(5)] }
  writeFileSync(join(data, 'Nottingham.json.gz'), gzipSync(JSON.stringify(tunes)))
  const small = ['--units', '8', '--stretch', '4', '--batch', '2', '--epochs', '2']
  const figures = learnsAndLoads('nottingham', '--data', data, ...small)
  expect(figures).toEqual({ frames: 12, nats: expect.any(Number) })
  // Before learning anything, each of the 88 keys costs about ln 2.
  expect(figures['nats']).toBeLessThan(88 * Math.LN2)
})

test('adding learns to add two numbers, and says what always answering 1 would cost', () => {
  const small = ['--steps', '4', '--units', '8', '--batch', '20', '--sequences', '1000', '--dev', '100']
  const figures = learnsAndLoads('adding', ...small, '--epochs', '6', '--rate', '0.03')
  const { squaredError, alwaysOne } = figures as Record<string, number>
  expect(figures).toEqual({ sequences: 100, squaredError, alwaysOne })
  // The variance of a sum of two numbers from 0 to 1 is 1/6.
  expect(alwaysOne).toBeGreaterThan(0.1)
  expect(alwaysOne).toBeLessThan(0.25)
  expect(squaredError).toBeLessThan(0.02)
})

test('copy-memory learns when to answer, and is measured beside who remembers nothing', () => {
  const small = ['--silence', '1', '--units', '16', '--batch', '5', '--sequences', '250', '--dev', '50']
  const figures = learnsAndLoads('copy-memory', ...small, '--epochs', '4', '--rate', '0.03')
  const { crossEntropy, memoryless, recalled } = figures as Record<string, number>
  expect(figures).toEqual({ sequences: 50, crossEntropy, memoryless, recalled })
  // Ten of 21 steps, each one of eight symbols.
  expect(memoryless).toBeCloseTo((10 * Math.log(8)) / 21, 4)
  expect(crossEntropy).toBeLessThan(memoryless!)
  expect(recalled).toBeGreaterThan(100 / 8)
})

test('copy-reverse-sort counts what it answers without a mistake', () => {
  const small = ['--longest', '2', '--units', '16', '--batch', '8', '--batches', '100', '--dev', '50']
  const figures = learnsAndLoads(
    'copy-reverse-sort',
    '--task',
    'sort',
    ...small,
    '--epochs',
    '2',
    '--rate',
    '0.02',
  )
  const { exact } = figures as Record<string, number>
  expect(figures).toEqual({ sequences: 50, exact })
  expect(exact).toBeGreaterThan(80)
})

test('pos-tagger reads words and their characters, in sentences of any length', () => {
  const data = join(folder, 'treebank')
  mkdirSync(data)
  const line = (form: string, i: number) => `${i + 1}\t${form}\t_\t${form.endsWith('ly') ? 'ADV' : 'NOUN'}`
  const sentence = (...forms: string[]) => forms.map(line).join('\n')
  const learned = [sentence('night', 'nightly'), sentence('Day', 'daily', 'day'), sentence('week', 'weekly')]
  writeFileSync(join(data, 'en_ewt-ud-train.conllu'), `${learned.join('\n\n')}\n`)
  writeFileSync(join(data, 'en_ewt-ud-dev.conllu'), `${sentence('month', 'monthly', 'day')}\n`)
  const sizes = ['embedding', 'characterEmbedding', 'characterUnits', 'units']
  const small = [...sizes.flatMap((name) => [`--${name}`, '3']), '--batch', '2', '--epochs', '2']
  const figures = learnsAndLoads('pos-tagger', '--data', data, ...small)
  expect(figures).toEqual({ words: 3, accuracy: expect.any(Number) })
})

test('cmudict learns to spell from either end, and several models say what each of them says', () => {
  const data = join(folder, 'cmudict')
  mkdirSync(data)
  const words = ['A', 'B', 'AA', 'AB', 'BA', 'BB'].flatMap((word) => [word, `${word}A`, `${word}B`])
  const line = (word: string) =>
    `${word}  ${[...word].map((letter) => ({ A: 'AH', B: 'BEE' })[letter]).join(' ')}\r\n`
  const [last, ...learned] = [...new Set(words)].sort().reverse()
  const packed = gzipSync(`${learned.map(line).join('')}A(2)  AH\r\n`)
  writeFileSync(join(data, 'cmudict-0.7b.train-dev-20-21.gz'), packed)
  // Of several ways to say a word the nearest counts; one that has been learned is not the same from both ends.
  writeFileSync(join(data, 'cmudict-0.7b.train-dev-1-21'), `${last}  AH\r\n${line(last!)}${line('BAA')}`)
  const sizes = ['--units', '8', '--batch', '4', '--epochs', '40', '--rate', '0.02', '--beams', '3']
  const small = ['--data', data, ...sizes]
  const figures = learnsAndLoads('cmudict', ...small)
  const all = { words: 2, greedyPer: 0, greedyWer: 0, beamPer: 0, beamWer: 0 }
  const without = { unheardWords: 1, unheardBeamPer: 0, unheardBeamWer: 0 }
  expect(figures).toEqual({ ...all, ...without })
  const file = join(folder, 'cmudict.safetensors')
  const reversed = join(folder, 'reversed.safetensors')
  const exactly = [...small, '--backend', 'reference']
  expect(result('cmudict', ...exactly, '--order', 'reversed', '--save', reversed)).toMatchObject(figures)
  expect(result('cmudict', ...exactly, '--load', reversed)).toMatchObject(figures)
  expect(result('cmudict', ...exactly, '--load', `${file},${file},${reversed}`)).toMatchObject(figures)
  for (const [split, left] of [
    ['pronunciations', 0],
    ['words', 1],
  ] as const) {
    const { learnedWords } = result('cmudict', ...exactly, '--epochs', '1', '--split', split)
    expect(learnedWords).toBe(learned.length - left)
  }
  // All that is measured can be learned.
  writeFileSync(join(data, 'cmudict-0.7b.train-dev-1-21'), line('BAA'))
  const known = result('cmudict', ...exactly, '--load', file)
  expect(known).toMatchObject({ words: 1, beamWer: 0, unheardWords: 0 })
  expect(known).not.toHaveProperty('unheardBeamWer')
}, 120_000)

test.each([1, 2])('fill-in from %s side(s): words outside the vocabulary do not count', (sides) => {
  const data = join(folder, `sentences-${sides}`)
  mkdirSync(data)
  const sentence = (...forms: string[]) => forms.map((form, i) => `${i + 1}\t${form}\t_\tX`).join('\n')
  const learned = [sentence('a', 'golden', 'day'), sentence('a', 'grey', 'day', 'a'), sentence('golden')]
  writeFileSync(join(data, 'en_ewt-ud-train.conllu'), `${learned.join('\n\n')}\n`)
  writeFileSync(join(data, 'en_ewt-ud-dev.conllu'), `${sentence('a', 'silver', 'day')}\n`)
  const small = ['--vocabulary', '3', '--embedding', '3', '--units', '3', '--batch', '2', '--epochs', '2']
  const figures = learnsAndLoads('fill-in', '--data', data, '--sides', String(sides), ...small)
  expect(figures).toEqual({ words: 2, nats: expect.any(Number), accuracy: expect.any(Number) })
})

describe('sigmorphon', () => {
  const data = join(folder, 'words')
  const sizes = ['--units', '4', '--embedding', '3', '--batch', '2']
  const small = [...sizes, '--epochs', '2', '--beams', '3']
  beforeAll(() => {
    mkdirSync(data)
    writeFileSync(join(data, 'la_train.tsv'), 'ab\ta b\nba\tb a\nabba\ta b b a\n')
    writeFileSync(join(data, 'la_dev.tsv'), 'aba\ta b a\nbac\tb a k\n')
    writeFileSync(join(data, 'grc_train.tsv.gz'), gzipSync('αβ\ta b\nβα\tb a\n'))
    writeFileSync(join(data, 'grc_dev.tsv.gz'), gzipSync('ααβ\ta a b\n'))
  })

  test('measures each language by its own model, letters that nobody has seen among them', () => {
    const trained = learnsAndLoads('sigmorphon', '--data', data, '--languages', 'la', ...small)
    const [la] = trained['figures'] as Record<string, number>[]
    expect(trained).toEqual({ figures: [la], per: la?.['per'], wer: la?.['wer'] })
    expect(la).toMatchObject({ language: 'la', words: 2, unknown: 1 })
    // k is nothing that the model could say.
    expect(la?.['wer']).toBeGreaterThanOrEqual(50)
    const two = ['--languages', 'la,grc', '--backend', 'reference']
    const both = result('sigmorphon', '--data', data, ...small, ...two)
    const [again, grc] = both['figures'] as Record<string, number>[]
    expect(again).toEqual(la)
    expect(grc).toMatchObject({ language: 'grc', words: 1, unknown: 0 })
    expect(both['wer']).toBeCloseTo(((again?.['wer'] ?? 0) + (grc?.['wer'] ?? 0)) / 2, 1)
  })

  test('says what is wrong', () => {
    writeFileSync(join(data, 'xx_train.tsv'), 'ab\ta b\nba b a\n')
    const wrong = run('sigmorphon', '--data', data, '--languages', 'xx')
    expect(wrong.stderr).toBe(
      'xx_train.tsv, line 2: expected a word, a tab and its phonemes, found "ba b a"\n',
    )
    const two = run('sigmorphon', '--data', data, '--languages', 'la,grc', '--save', join(data, 'x'))
    expect(two.stderr).toMatch(/^--save and --load: a file holds one language/)
    expect([wrong.status, two.status]).toEqual([1, 1])
  })
})

test.each([
  ['1', '--filters', '2'],
  ['2', '--units', '8'],
])('moving-digits measures model %s', (...model) => {
  const images = Array.from({ length: 24 * 28 * 28 }, (_, pixel) =>
    pixel % 28 > 9 && pixel % 28 < 18 ? 255 : 0,
  )
  const data = join(folder, `moving-${model[0]}`)
  mkdirSync(data)
  writeFileSync(join(data, 'train-images-idx3-ubyte'), idx([24, 28, 28], images))
  const small = ['--films', '2', '--batch', '2', '--dev', '1', '--epochs', '1', '--model', ...model]
  const { squaredError, ofTheLastPicture } = learnsAndLoads('moving-digits', '--data', data, ...small)
  expect(squaredError).toBeGreaterThan(0)
  expect(ofTheLastPicture).toBeGreaterThan(0.01)
})
