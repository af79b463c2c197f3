import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initializers, layers, load, type Model, OstinatoError, sequential } from 'ostinato'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.js'
import { backends, describeOnBackends } from '../backends.js'
import { failureOf, failureText } from '../failures.js'
import { difference } from '../graph/harness.js'
import { classes, regressionBatch, regressor, tagger, tokenBatch, weightsOf } from './models.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostinato-files-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Every kind of layer and option. */
function everything(): Model {
  const sequence = { returnSequences: true }
  return sequential(
    [
      layers.embedding({ inputDim: classes, outputDim: 3, name: 'words' }),
      layers.dropout({ rate: 0.1 }),
      layers.simpleRNN({ ...sequence, units: 2, activation: 'relu', recurrentInitializer: 'orthogonal' }),
      layers.gru({ ...sequence, units: 3, resetAfter: false, goBackwards: true }),
      layers.lstm({ ...sequence, units: 2, stateful: true, unitForgetBias: false }),
      layers.lstm({
        ...sequence,
        units: 3,
        peepholes: true,
        inputGate: 'coupled',
        dropout: 0.1,
        zoneoutC: 0.5,
      }),
      layers.gru({ ...sequence, units: 2, updateGate: 'candidate', recurrentDropout: 0.2, zoneoutH: 0.1 }),
      layers.bidirectional(layers.lstm({ ...sequence, units: 3, peepholes: true, inputGate: 'coupled' })),
      layers.bidirectional(layers.gru({ ...sequence, units: 2, recurrentInitializer: 'zeros' })),
      layers.bidirectional(layers.simpleRNN({ ...sequence, units: 3, activation: 'linear' }), {
        name: 'both',
        mergeMode: 'ave',
      }),
      layers.lstm({
        units: 2,
        useBias: false,
        kernelInitializer: initializers.randomNormal({ stddev: 0.3 }),
      }),
      layers.dense({ units: 2, activation: 'tanh' }),
    ],
    { name: 'all.of-it', seed: 6 },
  )
}

describeOnBackends('a saved model', ({ name: backend }) => {
  test('comes back with its weights, its layers and their options, its name and its extras', async () => {
    const model = everything()
    model.extra['note'] = 'naïve “quotes” and \u0000 zeros'
    const bytes = model.toBytes()
    const again = await load(bytes, { backend })
    expect(again.getWeights()).toEqual(model.getWeights())
    expect(again.summary()).toBe(model.summary())
    expect(again.extra).toEqual(model.extra)
    expect(again.program('predict')).toBe(model.program('predict'))
    expect(Buffer.from(again.toBytes()).equals(bytes)).toBe(true)
    const { data } = await again.predict(tokenBatch('saved'))
    const reference = await load(bytes.buffer.slice(0) as ArrayBuffer, { backend: 'reference' })
    expect(difference(data, (await reference.predict(tokenBatch('saved'))).data)).toBeLessThan(1e-5)
    for (const m of [model, again, reference]) m.dispose()
  })

  test('saves what was learnt, goes on learning, and stands in the file whole', async () => {
    const model = regressor(backend)
    const batch = regressionBatch('learn')
    await model.fit([batch], { epochs: 3 })
    const file = join(folder, `${backend}.safetensors`)
    await model.save(file)
    await model.save(file)
    expect((await readdir(folder)).filter((f) => f.startsWith(backend))).toEqual([`${backend}.safetensors`])
    expect(Buffer.from(model.toBytes()).equals(await readFile(file))).toBe(true)
    const again = await load(file, { backend })
    expect(weightsOf(again)).toEqual(weightsOf(model))
    if (backend !== 'reference')
      expect((await again.predict(batch)).data).toEqual((await model.predict(batch)).data)
    again.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
    expect((await again.fit([batch])).loss).toHaveLength(1)
    for (const m of [model, again]) m.dispose()
  })
})

test('a file that cannot be written leaves nothing behind', async () => {
  const model = regressor('reference')
  await expect(model.save(join(folder, 'no', 'such', 'folder'))).rejects.toMatchObject({ code: 'ENOENT' })
  await writeFile(join(folder, 'plain'), '')
  await expect(model.save(join(folder, 'plain', 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  expect((await readdir(folder)).filter((f) => f.includes('tmp'))).toEqual([])
})

test('a file that is not there is an error that says where it was sought', async () => {
  const path = join(folder, 'nobody')
  const failure = await failureOf(() => load(path))
  expect(failure.code).toBe('INVALID_FILE')
  expect(failure.message).toContain(path)
  expect(failure.cause).toMatchObject({ code: 'ENOENT' })
})

test('the options of load are the user’s own, and wrong ones are the user’s mistake', async () => {
  const bytes = regressor('reference').toBytes()
  expect((await failureOf(() => load(bytes, { seed: -1 }))).code).toBe('INVALID_OPTION')
  expect((await failureOf(() => load(bytes, { backends: 'wasm' } as never))).code).toBe('UNKNOWN_OPTION')
})

describe('a broken file', () => {
  const good = sequential([layers.gru({ units: 2 }), layers.dense({ units: 1 })], {
    inputShape: [null, 2],
  }).toBytes()

  /** The good file with its configuration or weights changed. */
  function changed(
    edit: (
      configuration: Record<string, unknown> &
        Record<'layers' | 'inputs' | 'calls' | 'outputs', Record<string, unknown>[]>,
      weights: Map<string, { shape: readonly number[]; data: Float32Array }>,
    ) => unknown,
  ): Uint8Array {
    const { metadata, tensors } = decodeSafetensors(good)
    const configuration = JSON.parse(metadata['ostinato'] ?? '')
    const weights = new Map(
      [...tensors].map(([n, t]) => [n, { shape: t.shape, data: t.data as Float32Array }]),
    )
    const replaced = edit(configuration, weights)
    const list = [...weights].map(([name, w]) => ({ name, ...w }))
    const text = typeof replaced === 'string' ? replaced : JSON.stringify(configuration)
    return encodeSafetensors(list, { ostinato: text })
  }

  test('is refused wherever it ends', async () => {
    expect((await load(good)).getWeights()).toHaveLength(6)
    expect(good.length).toBeLessThan(4000)
    for (let end = 0; end < good.length; end++) {
      const failure = await failureOf(() => load(good.subarray(0, end)))
      expect(failure.code, `${end} of ${good.length} bytes`).toBe('INVALID_FILE')
    }
    const longer = new Uint8Array(good.length + 1)
    longer.set(good)
    expect((await failureOf(() => load(longer))).code).toBe('INVALID_FILE')
  })

  test('never does worse than to be refused, whichever byte of its head is wrong', async () => {
    const head = 8 + Number(new DataView(good.buffer, good.byteOffset).getBigUint64(0, true))
    let refused = 0
    for (let at = 0; at < head; at++) {
      for (const flip of [1, 0x20, 0x80]) {
        const bytes = good.slice()
        bytes[at] = (bytes[at] ?? 0) ^ flip
        try {
          await load(bytes)
        } catch (error) {
          if (!(error instanceof OstinatoError)) throw error
          // Another kind may be the name of somebody's cell.
          expect(['INVALID_FILE', 'UNKNOWN_CELL'], `byte ${at}: ${error.message}`).toContain(error.code)
          refused++
        }
      }
    }
    // What stays loadable are other names and other numbers, such as those of initializers.
    expect(refused).toBeGreaterThan(head * 3 * 0.7)
  }, 120_000)

  const cases: readonly (readonly [string, string | RegExp, Parameters<typeof changed>[0]])[] = [
    ['not JSON', 'INVALID_FILE model file, metadata: expected JSON, received {"format":', () => '{"format":'],
    [
      'another format',
      /^INVALID_FILE model file, metadata: expected format "ostinato"/,
      (c) => Object.assign(c, { format: 'keras' }),
    ],
    [
      'another version',
      'INVALID_FILE model file, metadata: expected version 1 to 2, received version 3',
      (c) => Object.assign(c, { version: 3 }),
    ],
    [
      'no layers',
      'INVALID_FILE model file, layers: expected a list of layers, received an empty one',
      (c) => Object.assign(c, { layers: [] }),
    ],
    [
      'no name',
      'INVALID_FILE model file, name: expected a string, received number',
      (c) => Object.assign(c, { name: 4 }),
    ],
    [
      'no inputs',
      'INVALID_FILE model file, inputs: expected a list of inputs, received undefined',
      (c) => Reflect.deleteProperty(c, 'inputs'),
    ],
    [
      'a size that is no number',
      /^INVALID_FILE model file, input 0: expected name, type and shape/,
      (c) => Object.assign(c.inputs[0] ?? {}, { shape: [null, '2'] }),
    ],
    [
      'tokens for a layer of floats',
      /^INVALID_FILE model file/,
      (c) => Object.assign(c.inputs[0] ?? {}, { type: 'i32', shape: [null] }),
    ],
    [
      'a vector for a layer of sequences',
      /^INVALID_FILE model file: gru, input: expected \[batch, time, features\]/,
      (c) => Object.assign(c.inputs[0] ?? {}, { shape: [2] }),
    ],
    [
      'a call of itself',
      'INVALID_FILE model file, call 0: expected [node, output] of one of the 1 nodes before, received [1,0]',
      (c) => Object.assign(c.calls[0] ?? {}, { inputs: [[1, 0]] }),
    ],
    [
      'a call of what comes later: a cycle',
      'INVALID_FILE model file, call 0: expected [node, output] of one of the 1 nodes before, received [2,0]',
      (c) => Object.assign(c.calls[0] ?? {}, { inputs: [[2, 0]] }),
    ],
    [
      'a port that is none',
      /^INVALID_FILE model file, call 1: expected \[node, output\]/,
      (c) => Object.assign(c.calls[1] ?? {}, { inputs: [[1, -1]] }),
    ],
    [
      'a port that is no list',
      /^INVALID_FILE model file, call 1: expected \[node, output\].*received "1"/,
      (c) => Object.assign(c.calls[1] ?? {}, { inputs: ['1'] }),
    ],
    [
      'an output that a layer does not have',
      'INVALID_FILE model file: model: expected tensors that layers have made, received output 7 of node 1',
      (c) => Object.assign(c.calls[1] ?? {}, { inputs: [[1, 7]] }),
    ],
    [
      'a layer with nothing to read',
      'INVALID_FILE model file: dense: expected as many inputs as it takes, received 0 inputs',
      (c) => Object.assign(c.calls[1] ?? {}, { inputs: [] }),
    ],
    [
      'a layer with more to read than it takes',
      'INVALID_FILE model file: dense: expected as many inputs as it takes, received 2 inputs',
      (c) =>
        Object.assign(c.calls[1] ?? {}, {
          inputs: [
            [1, 0],
            [1, 0],
          ],
        }),
    ],
    [
      'a call of a layer that is not there',
      /^INVALID_FILE model file, call 1: expected one of the 2 layers, and its inputs, received {"layer":2/,
      (c) => Object.assign(c.calls[1] ?? {}, { layer: 2 }),
    ],
    [
      'calls that are no list',
      'INVALID_FILE model file, calls: expected a list of calls, received object',
      (c) => Object.assign(c, { calls: {} }),
    ],
    [
      'an output of nothing',
      'INVALID_FILE model file, output 0: expected [node, output] of one of the 3 nodes before, received [3,0]',
      (c) => Object.assign(c.outputs[0] ?? {}, { port: [3, 0] }),
    ],
    [
      'an output without a name',
      /^INVALID_FILE model file, output 0: expected name and port/,
      (c) => Reflect.deleteProperty(c.outputs[0] ?? {}, 'name'),
    ],
    [
      'two outputs of one name',
      'INVALID_FILE model file: output, name: expected a name used once, received "dense" again',
      (c) => {
        c.outputs.push(c.outputs[0] ?? {})
        return Object.assign(c, { forms: ['one', 'list'] })
      },
    ],
    [
      'several outputs in the form of one',
      /^INVALID_FILE model file, forms: expected one, list or record/,
      (c) => c.outputs.push({ name: 'other', port: [1, 0] }),
    ],
    [
      'forms that are none',
      /^INVALID_FILE model file, forms: expected one, list or record/,
      (c) => Object.assign(c, { forms: ['one', 'two'] }),
    ],
    [
      'a layer without options',
      /^INVALID_FILE model file, layer 1: expected kind, name and options/,
      (c) => Reflect.deleteProperty(c.layers[1] ?? {}, 'options'),
    ],
    [
      'a layer that is a list',
      /^INVALID_FILE model file, layer 0: expected/,
      (c) => Object.assign(c, { layers: [[]] }),
    ],
    [
      'an unknown kind',
      'UNKNOWN_CELL layer "gru": expected a kind of layer, or the name of a cell that was given, received "gruu". Pass the cell: load(file, { cells: [cell] }); or did you mean gru?',
      (c) => Object.assign(c.layers[0] ?? {}, { kind: 'gruu' }),
    ],
    [
      'a kind of the prototype',
      /^UNKNOWN_CELL layer "gru": expected a kind of layer/,
      (c) => Object.assign(c.layers[0] ?? {}, { kind: 'constructor' }),
    ],
    [
      'a bidirectional layer around nothing',
      'INVALID_FILE layer "gru": expected the kind and options of a recurrent layer, received null',
      (c) => Object.assign(c.layers[0] ?? {}, { kind: 'bidirectional', options: {} }),
    ],
    [
      'a bidirectional layer around another',
      /^INVALID_FILE layer "gru": expected the kind and options of a recurrent layer, received {"kind":"bidirec/,
      (c) => {
        const layer = { kind: 'bidirectional', options: { layer: { kind: 'gru', options: { units: 2 } } } }
        Object.assign(c.layers[0] ?? {}, { kind: 'bidirectional', options: { layer } })
      },
    ],
    [
      'an unknown option inside a bidirectional layer',
      /^INVALID_FILE model file: gru: unknown option "unites". Did you mean "units"\?/,
      (c) =>
        Object.assign(c.layers[0] ?? {}, {
          kind: 'bidirectional',
          options: { layer: { kind: 'gru', options: { unites: 2 } } },
        }),
    ],
    [
      'an unknown option',
      /^INVALID_FILE model file: gru: unknown option "unites". Did you mean "units"\?/,
      (c) => Object.assign(c.layers[0]?.['options'] ?? {}, { unites: 2 }),
    ],
    [
      'an option of another type',
      /^INVALID_FILE model file: gru, units: expected an integer/,
      (c) => Object.assign(c.layers[0]?.['options'] ?? {}, { units: '2' }),
    ],
    [
      'an unknown initializer',
      /^INVALID_FILE model file: gru, kernelInitializer/,
      (c) =>
        Object.assign(c.layers[0]?.['options'] ?? {}, { kernelInitializer: { name: 'magic', config: {} } }),
    ],
    [
      'two layers of one name',
      /^INVALID_FILE model file: dense, name: expected a name used once/,
      (c) => Object.assign(c.layers[1] ?? {}, { name: 'gru' }),
    ],
    [
      'units beyond the weights',
      /^INVALID_FILE model file: weight "gru\/kernel": expected \[2, 60000\]/,
      (c) => Object.assign(c.layers[0]?.['options'] ?? {}, { units: 20000 }),
    ],
    [
      'units beyond everything',
      /^INVALID_FILE model file: .*at most/,
      (c) => Object.assign(c.layers[0]?.['options'] ?? {}, { units: 2 ** 40 }),
    ],
    [
      'a missing weight',
      'INVALID_FILE model file: expected the weight "dense/bias", received a file without it',
      (_, w) => w.delete('dense/bias'),
    ],
    [
      'a weight too many',
      /^INVALID_FILE model file: setWeights/,
      (_, w) => w.set('dense/extra', { shape: [1], data: Float32Array.of(1) }),
    ],
    [
      'a weight of another shape',
      /^INVALID_FILE model file: weight "dense\/kernel": expected \[2, 1\], received \[1, 2\]/,
      (_, w) => w.set('dense/kernel', { shape: [1, 2], data: Float32Array.of(1, 2) }),
    ],
  ]
  test.each(cases)('%s', async (_, expected, edit) => {
    const text = await failureText(() => load(changed(edit)))
    if (typeof expected === 'string') expect(text).toBe(expected)
    else expect(text).toMatch(expected)
  })

  test('of somebody else says so', async () => {
    const bytes = encodeSafetensors([{ name: 'w', shape: [1], data: Float32Array.of(1) }], { format: 'pt' })
    expect(await failureText(() => load(bytes))).toBe(
      'INVALID_FILE model file, metadata: expected the entry "ostinato", received a file that was not saved by ostinato',
    )
  })
})

describe('a file of the first version, a stack of layers', () => {
  /** As it was written, with this input. */
  function stack(
    layer: string,
    options: object,
    input: unknown,
    weights: Record<string, number[]>,
  ): Uint8Array {
    const layers = [
      { kind: layer, name: 'first', options },
      { kind: 'dense', name: 'dense', options: { units: 1, useBias: false } },
    ]
    const configuration = { format: 'ostinato', version: 1, name: 'old', layers, input }
    const tensors = Object.entries(weights).map(([name, shape]) => {
      const length = shape.reduce((n, d) => n * d, 1)
      return { name, shape, data: Float32Array.from({ length }, (_, i) => Math.sin(i + 1)) }
    })
    return encodeSafetensors(tensors, { ostinato: JSON.stringify(configuration) })
  }
  const rnn = { 'first/kernel': [2, 3], 'first/recurrentKernel': [3, 3], 'dense/kernel': [3, 1] }
  const options = { units: 3, useBias: false }

  test('is the model that it was', async () => {
    const m = await load(stack('simpleRNN', options, { type: 'f32', time: true, features: 2 }, rnn), {
      backend: 'reference',
    })
    const same = sequential(
      [
        layers.simpleRNN({ ...options, name: 'first' }),
        layers.dense({ units: 1, useBias: false, name: 'dense' }),
      ],
      { inputShape: [null, 2], name: 'old', backend: 'reference' },
    )
    same.setWeights(m.getWeights())
    const inputs = [
      [
        [0.5, -1],
        [2, 0.25],
      ],
    ]
    expect(await m.predict({ inputs })).toEqual(await same.predict({ inputs }))
    expect(Buffer.from(m.toBytes()).equals(same.toBytes())).toBe(true)
    for (const each of [m, same]) each.dispose()
  })

  test('also of tokens and of vectors', async () => {
    const tokens = stack(
      'embedding',
      { inputDim: 4, outputDim: 2 },
      { type: 'i32', time: true },
      {
        'first/embeddings': [4, 2],
        'dense/kernel': [2, 1],
      },
    )
    const vectors = stack(
      'dense',
      { units: 2, useBias: false },
      { type: 'f32', time: false, features: 3 },
      {
        'first/kernel': [3, 2],
        'dense/kernel': [2, 1],
      },
    )
    const [a, b] = [
      await load(tokens, { backend: 'reference' }),
      await load(vectors, { backend: 'reference' }),
    ]
    expect((await a.predict({ inputs: [[0, 3]] })).shape).toEqual([1, 2, 1])
    expect((await b.predict({ inputs: [[0, 3, 1]] })).shape).toEqual([1, 1])
    for (const each of [a, b]) each.dispose()
  })

  test.each([
    [undefined],
    [{ type: 'f32', time: true, features: '2' }],
    [{ type: 'f64', time: true }],
    [{ type: 'f32', time: 1, features: 2 }],
  ])('is refused with the input %j', async (input) => {
    expect(await failureText(() => load(stack('simpleRNN', options, input, rnn)))).toMatch(
      /^INVALID_FILE model file, input: expected type, time and features/,
    )
  })
})

test('a file is the same, whichever backend holds the weights', async () => {
  const files = await Promise.all(backends.map(async ({ name }) => (await tagger(name).ready()).toBytes()))
  for (const file of files) expect(Buffer.from(file).equals(files[0] as Uint8Array)).toBe(true)
})
