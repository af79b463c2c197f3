/** Ready-made models. */
import { deepLSTM } from './deep-lstm.js'
import { encoderDecoder, vectorToSequence } from './encoder-decoder.js'
import { loadSequenceToSequence } from './sequence-to-sequence.js'

export const models = { deepLSTM, encoderDecoder, vectorToSequence, load: loadSequenceToSequence } as const
