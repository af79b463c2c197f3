/** Draws the pictures of the documentation: `npx tsx scripts/pictures.ts`. */
import { writeFileSync } from 'node:fs'
import { layers, sequential, unfold } from '../src/index.js'

const tagger = sequential([
  layers.embedding({ inputDim: 100, outputDim: 16 }),
  layers.bidirectional(layers.lstm({ units: 32, returnSequences: true })),
  layers.dense({ units: 9 }),
]).compile({ loss: 'sparseCategoricalCrossentropy' })

const pictures = { 'unfold.svg': unfold(tagger, { steps: 4 }).svg }

for (const [name, svg] of Object.entries(pictures))
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), svg)
