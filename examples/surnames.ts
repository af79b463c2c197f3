/**
 * Surname → language, one of 18: the characters through an embedding and a bidirectional GRU, whose last states in both
 * directions decide. Every name counts once a language; of each language a tenth is held out, whatever the seed.
 */
import { characterVocabulary, layers, RandomStream, sequenceBatches, sequential } from 'ostinato'
import { example, InputError } from './command.js'
import { readFolder } from './data.js'
import { accuracy, likeliest, meanRecall, runExperiment } from './training.js'

interface Surname {
  readonly name: string
  readonly language: number
}

await example(
  {
    about: 'Learns to tell from its spelling which language a surname comes from.',
    data: 'folder of LANGUAGE.txt, a surname a line, such as data/names of the PyTorch tutorial on classifying names; or a tar archive of it',
    numbers: { embedding: 32, units: 128, dropout: 0.3, epochs: 10, batch: 64, rate: 2e-3 },
  },
  async (settings) => {
    const { data, embedding, units, dropout, epochs, batch, rate, seed, backend } = settings
    const files = [...readFolder(data, '.txt')]
    if (files.length < 2) throw new InputError(`${data}: expected a file for each of several languages`)
    const learned: Surname[] = []
    const heldOut: Surname[] = []
    const split = new RandomStream(1)
    for (const [language, [file, text]] of files.entries()) {
      const lines = text.toString('utf8').normalize('NFC').split('\n')
      const names = new Set(lines.map((line) => line.trim()).filter((line) => line !== ''))
      const shuffled = split.fork(file).shuffle([...names])
      for (const [i, name] of shuffled.entries()) (i % 10 === 0 ? heldOut : learned).push({ name, language })
    }
    const vocabulary = characterVocabulary(learned.map(({ name }) => name).join(''), {
      special: ['?'],
      unknown: '?',
    })
    const part = (surnames: readonly Surname[]) => ({
      inputs: surnames.map(({ name }) => vocabulary.encode(name)),
      targets: surnames.map(({ language }) => language),
    })
    const training = sequenceBatches(part(learned), { batchSize: batch, shuffle: 'epoch', seed })
    const development = sequenceBatches(part(heldOut), { batchSize: 500 })
    console.error(
      `${learned.length} surnames to learn from, ${heldOut.length} held out, ${files.length} languages`,
    )

    await runExperiment(
      {
        training,
        epochs,
        rate,
        loss: 'sparseCategoricalCrossentropy',
        unit: 'names',
        make: () =>
          sequential(
            [
              layers.embedding({ inputDim: vocabulary.size, outputDim: embedding }),
              layers.dropout({ rate: dropout }),
              layers.bidirectional(layers.gru({ units })),
              layers.dropout({ rate: dropout }),
              layers.dense({ units: files.length }),
            ],
            { name: 'surnames', seed, ...backend },
          ),
        measure: async (model) => {
          const found = await likeliest(model, development)
          const right = heldOut.map(({ language }) => language)
          return { microAccuracy: accuracy(found, right), macroAccuracy: meanRecall(found, right) }
        },
      },
      settings,
    )
  },
)
