import { describe, expect, it } from 'vitest'
import { checkInteger, checkName, checkOptions, nearest } from '../src/suggest.js'

describe('nearest', () => {
  const names = ['units', 'returnSequences', 'returnState', 'goBackwards']
  it.each([
    ['unit', 'units'],
    ['unist', 'units'],
    ['returnSequence', 'returnSequences'],
    ['return_sequences', 'returnSequences'],
    ['RETURNSTATE', 'returnState'],
    ['gobackward', 'goBackwards'],
    ['dropout', undefined],
    ['', undefined],
  ])('of "%s" is %s', (name, expected) => {
    expect(nearest(name, names)).toBe(expected)
  })

  it('takes the first of two as near, and nothing from nothing', () => {
    expect(nearest('ab', ['aa', 'bb'])).toBe('aa')
    expect(nearest('a', [])).toBeUndefined()
  })
})

describe('checks of options', () => {
  it('pass what is known', () => {
    expect(() => checkOptions('x', { a: 1, b: undefined }, ['a', 'b'])).not.toThrow()
    expect(() => checkName('x', 'a', ['a'])).not.toThrow()
    expect(() => checkInteger('x', 3, 3)).not.toThrow()
  })

  it('name the nearest for what is not', () => {
    expect(() => checkOptions('lstm "a"', { unit: 3 }, ['units', 'bias'])).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_OPTION',
        message: 'lstm "a": unknown option "unit". Did you mean "units"?',
      }),
    )
    expect(() => checkOptions('x', { zzz: 3 }, ['units', 'bias'])).toThrow(
      /unknown option "zzz"\. Known: units, bias/,
    )
    expect(() => checkOptions('x', { a: 3 }, [])).toThrow(/There are no options here/)
    expect(() => checkName('x', 'naive', ['native', 'wasm'])).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: 'x: expected "native" or "wasm", received "naive". Did you mean "native"?',
      }),
    )
  })

  it('refuse numbers below the least or between integers', () => {
    for (const value of [2, 3.5, Number.NaN, Number.POSITIVE_INFINITY, '3' as unknown as number]) {
      expect(() => checkInteger('x.units', value, 3)).toThrow(
        /x\.units: expected an integer of at least 3, received/,
      )
    }
  })
})
