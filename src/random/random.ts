import { OstinatoError } from '../errors.js'
import { checkInteger } from '../suggest.js'
import { philox4x32 } from './philox.js'

const two32 = 2 ** 32

/** 64-bit FNV-1a, continued from `state`. The closing byte is in no UTF-8 text: fork('a').fork('b') is not fork('ab'). */
function hash(state: bigint, label: string): bigint {
  let h = state
  for (const byte of [...new TextEncoder().encode(label), 0xff]) {
    h = BigInt.asUintN(64, (h ^ BigInt(byte)) * 0x100000001b3n)
  }
  return h
}

/**
 * Random numbers on the host: initial weights, shuffling, sampling. Philox4x32-10 with the seed as its key; the counter
 * is (position, identity of the stream), so a stream is a pure function of its seed and labels.
 */
export class RandomStream {
  readonly #seed: number
  readonly #identity: bigint
  #block = 0
  readonly #words = new Uint32Array(4)
  /** Next word of the block; 4: the block is used up. */
  #next = 4
  /** Box–Muller makes normal numbers in pairs. */
  #spare: number | undefined

  /** seed: an integer from 0 to 2⁵³ − 1. */
  constructor(seed: number, identity = 0xcbf29ce484222325n) {
    checkInteger('seed', seed, 0)
    this.#seed = seed
    this.#identity = identity
  }

  /** The independent stream of that name. Always the same one, wherever this stream stands. */
  fork(label: string): RandomStream {
    return new RandomStream(this.#seed, hash(this.#identity, label))
  }

  #word(): number {
    if (this.#next === 4) {
      const high = Number(this.#identity >> 32n)
      const low = Number(this.#identity & 0xffffffffn)
      const seedHigh = Math.floor(this.#seed / two32)
      const blockHigh = Math.floor(this.#block / two32)
      philox4x32(this.#block >>> 0, blockHigh, low, high, this.#seed >>> 0, seedHigh, this.#words)
      this.#block += 1
      this.#next = 0
    }
    return this.#words[this.#next++]!
  }

  /** In [0, 1), 53 bits. */
  uniform(): number {
    const high = this.#word() >>> 5
    const low = this.#word() >>> 6
    return (high * 2 ** 26 + low) / 2 ** 53
  }

  /** Mean 0, variance 1. */
  normal(): number {
    const spare = this.#spare
    if (spare !== undefined) {
      this.#spare = undefined
      return spare
    }
    // 1 − u lies in (0, 1]: no logarithm of 0.
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    const angle = 2 * Math.PI * this.uniform()
    this.#spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  /** In 0 … n − 1, each equally likely: words of the incomplete last round are drawn again. */
  integer(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1 || n > two32) {
      throw new OstinatoError('INVALID_OPTION', 'RandomStream.integer', {
        expected: 'an integer from 1 to 2^32',
        received: String(n),
      })
    }
    const limit = two32 - (two32 % n)
    let word = this.#word()
    while (word >= limit) word = this.#word()
    return word % n
  }

  /** Fisher–Yates, in place. */
  shuffle<Values extends unknown[] | Int32Array | Uint32Array | Float32Array | Float64Array>(
    values: Values,
  ): Values {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const swapped = values[i]!
      values[i] = values[j]!
      values[j] = swapped
    }
    return values
  }
}
