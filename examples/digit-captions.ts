/**
 * The picture of a digit → its name, letter by letter: convolutions make a vector of an MNIST image, with which a GRU begins to spell, until it says
 * that the name has ended. Learns from the first 50,000 images of the training file, measures on its last 10,000.
 */
import { writeFile } from 'node:fs/promises'
import { characterVocabulary, decode, layers, type Model, models, pairBatches, textMetrics } from 'ostinato'
import { captionsSvg } from './captions-picture.js'
import { example } from './command.js'
import { type Digits, mnistFiles, pixels, readDigits, side } from './mnist.js'
import { percent, runExperiment } from './training.js'

const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
const letters = characterVocabulary(names, { start: '<s>', end: '</s>' })
const [startToken, endToken] = [letters.index('<s>'), letters.index('</s>')]

const namesOf = (digits: Digits): string[] => Array.from(digits.targets.data, (digit) => names[digit]!)

/** What the model says of each image, taking the likeliest letter every time. */
async function spelled(model: Model, { inputs: { data, shape } }: Digits): Promise<string[]> {
  const found: string[] = []
  for (let first = 0; first < shape[0]!; first += 500) {
    const some = data.subarray(first * pixels, (first + 500) * pixels) as Float32Array
    const source = { data: some, shape: [some.length / pixels, ...shape.slice(1)] }
    const decoder = await model.decoder({ feedback: 'previous', inputs: { source }, startToken, endToken })
    const results = await decode.greedy(decoder, { maxLength: 8 })
    decoder.dispose()
    found.push(...results.map(({ hypotheses }) => letters.decode(hypotheses[0]!.tokens)))
  }
  return found
}

/** An image of each digit, and the first ones with wrong names, as many again. */
function someOf(heldOut: Digits, found: readonly string[], right: readonly string[]): string {
  const wrong = found.flatMap((name, image) => (name === right[image] ? [] : [image]))
  const one = names.map((name) => right.indexOf(name)).filter((image) => image >= 0)
  const chosen = [...one, ...wrong.slice(0, names.length)].map((image) => ({
    pixels: heldOut.inputs.data.subarray(image * pixels, (image + 1) * pixels),
    caption: found[image]!,
    right: found[image] === right[image],
  }))
  return captionsSvg(chosen, side, names.length)
}

await example(
  {
    about: 'Learns to spell the name of the digit that an MNIST image shows.',
    data: mnistFiles,
    picture: 'some images and what they were called',
    numbers: { filters: 8, features: 64, units: 64, epochs: 4, batch: 100, rate: 3e-3, dev: 10_000 },
  },
  async (settings) => {
    const { data, filters, features, units, epochs, batch, rate, dev, seed, backend } = settings
    const { learned, heldOut } = readDigits(data, { shape: [side, side, 1], dev })
    const targets = namesOf(learned).map((name) => letters.encode(name))
    const right = namesOf(heldOut)

    await runExperiment(
      {
        training: pairBatches(
          { sources: learned.inputs, targets },
          { startToken, endToken, batchSize: batch, shuffle: 'epoch', seed },
        ),
        epochs,
        rate,
        loss: 'sparseCategoricalCrossentropy',
        unit: 'letters',
        make: () =>
          models.vectorToSequence({
            source: { shape: [side, side, 1] },
            encoder: [
              layers.conv2d({ filters, kernelSize: 5, strides: 2, activation: 'relu' }), // 12 × 12
              layers.conv2d({ filters: 2 * filters, kernelSize: 3, strides: 2, activation: 'relu' }), // 5 × 5
              layers.flatten(),
              layers.dense({ units: features, activation: 'relu' }),
            ],
            target: { vocabulary: letters.size, units: 16, startToken, endToken },
            decoder: [layers.gru({ units })],
            name: 'digit-captions',
            seed,
            ...backend,
          }).model,
        measure: async (model) => {
          const found = await spelled(model, heldOut)
          if (settings.picture !== undefined) await writeFile(settings.picture, someOf(heldOut, found, right))
          const { exact } = textMetrics.characterErrorRate(found, right)
          return { images: found.length, exact: percent(exact) }
        },
      },
      settings,
    )
  },
)
