/** Dialogue acts: read, made into features, said with and without values, slots counted. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  delexicalise,
  featuresOf,
  lexicalise,
  parseAct,
  readTurns,
  slotErrors,
  writeAct,
} from '../../examples/dialogue-acts.js'

const folder = mkdtempSync(join(tmpdir(), 'ostinato-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('acts are read with and without quotes, slots that are asked for and none', () => {
  expect(
    parseAct("inform(name='red door cafe';food=dont_care;good_for_meal=dinner';kidsallowed='no')"),
  ).toEqual({
    type: 'inform',
    slots: [
      { name: 'name', value: 'red door cafe' },
      { name: 'food', value: 'dontcare' },
      { name: 'goodformeal', value: 'dinner' },
      { name: 'kidsallowed', value: 'no' },
    ],
  })
  expect(parseAct('?request(price range)')).toEqual({
    type: '?request',
    slots: [{ name: 'pricerange', value: '?' }],
  })
  expect(writeAct(parseAct("?confirm(near='nob hill';food)"))).toBe('?confirm(near=nob hill; food)')
  expect(parseAct('goodbye()')).toEqual({ type: 'goodbye', slots: [] })
  expect(() => parseAct('goodbye')).toThrow(/Not a dialogue act: "goodbye"/)
})

test('acts of one shape have the same features, whatever the values and the order of the slots', () => {
  const first = featuresOf(parseAct('?select(food=thai;food=none;food=korean;near=castro)'))
  expect(first).toEqual(['?select', 'food=_1', 'food=_2', 'food=none', 'near=_1'])
  expect(featuresOf(parseAct('?select(near=x;food=y;food=z;food=none)'))).toEqual(first)
})

describe('placeholders', () => {
  const area = parseAct(
    "inform(name='cafe x';area='hayes valley or chinatown';type=restaurant;kidsallowed=yes)",
  )

  test('stand for values in any order of their parts, not for the type and what is said in other words', () => {
    const sentence = 'cafe x is a restaurant in chinatown and hayes valley and allows kid -s , yes'
    const hidden = 'SLOT_NAME is a restaurant in SLOT_AREA and allows kid -s , yes'
    expect(delexicalise(sentence, area)).toBe(hidden)
    expect(lexicalise(hidden, area)).toBe(
      'cafe x is a restaurant in hayes valley or chinatown and allows kid -s , yes',
    )
  })

  test('longer values come first, and words are whole', () => {
    const act = parseAct("inform(food=thai;name='thai house')")
    expect(delexicalise('thai house serves thai in thailand', act)).toBe(
      'SLOT_NAME serves SLOT_FOOD in thailand',
    )
  })

  test('several of one name are filled in the order of the act; what has no value stays', () => {
    const act = parseAct('?select(food=thai;food=$&)')
    expect(lexicalise('SLOT_FOOD or SLOT_FOOD or SLOT_FOOD', act)).toBe('thai or $& or SLOT_FOOD')
  })
})

test.each([
  ['SLOT_NAME is near SLOT_NEAR and allows kid -s', 0],
  ['SLOT_NAME allows child -s', 1],
  ['SLOT_NAME is near SLOT_NEAR , SLOT_NEAR , and SLOT_PHONE', 3],
  ['it is a place', 3],
])('%s: %i of three slots wrong', (sentence, errors) => {
  const act = parseAct('inform(name=x;near=y;kidsallowed=no;food=dont_care;type=restaurant)')
  expect(slotErrors(sentence, act)).toEqual({ errors, slots: 3 })
})

test('questions: what is asked for is no slot to say, and choices are not counted', () => {
  expect(slotErrors('what area', parseAct('?request(area)'))).toEqual({ errors: 0, slots: 0 })
  expect(slotErrors('nothing', parseAct('?select(food=thai;food=korean)'))).toEqual({ errors: 0, slots: 0 })
})

describe('readTurns', () => {
  const read = (text: string) => {
    writeFileSync(join(folder, 'turns.json'), text)
    return readTurns(folder, 'turns.json')
  }

  test('reads what stands behind the first lines, in small letters and without the last mark', () => {
    const [turn, ...others] = read(
      '####\n#  Somebody, 2016 #\n[["goodbye()", "Thanks . Goodbye .", "goodbye"]]\n',
    )
    expect(turn).toEqual({ act: { type: 'goodbye', slots: [] }, sentence: 'thanks . goodbye' })
    expect(others).toEqual([])
  })

  test('says where something else stands', () => {
    expect(() => read('[')).toThrow(/turns\.json is no JSON/)
    expect(() => read('{}')).toThrow(/expected a list of turns/)
    expect(() => read('[["goodbye()", "x"], ["goodbye()"]]')).toThrow(/turn 1: expected/)
    expect(() => read('[["goodbye", "x"]]')).toThrow(/Not a dialogue act/)
  })
})
