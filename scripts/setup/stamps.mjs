/**
 * A step is up to date when the contents of its inputs and of its outputs are those of its last successful run.
 * Contents, not times: a fresh checkout or a touched file rebuilds nothing, an edited output is rebuilt.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './shell.mjs'

const folder = join(root, 'build', '.stamps')

function* files(path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false })
  if (stat === undefined) return
  if (stat.isFile()) yield path
  else if (stat.isDirectory())
    for (const name of readdirSync(join(root, path)).sort()) yield* files(`${path}/${name}`)
}

export function digest(paths, { salt = '', ignore = () => false } = {}) {
  const hash = createHash('sha1').update(salt)
  for (const path of paths) {
    for (const file of files(path)) {
      if (ignore(file)) continue
      const content = readFileSync(join(root, file))
      hash.update(`\0${file}\0${content.length}\0`).update(content)
    }
  }
  return hash.digest('hex')
}

const stampOf = (step) => join(folder, step.name)
const salt = `${process.platform} ${process.arch}`

export function inputsOf(step) {
  return digest(step.inputs, { salt: `${salt} ${step.salt ?? ''}` })
}

function outputsOf(step) {
  return digest(step.outputs, { ignore: step.ignore })
}

function outputsExist(step) {
  return (step.mustExist ?? step.outputs).every((path) =>
    statSync(join(root, path), { throwIfNoEntry: false }),
  )
}

export function isFresh(step) {
  let stamp
  try {
    stamp = readFileSync(stampOf(step), 'utf8')
  } catch {
    return false
  }
  return outputsExist(step) && stamp === `${inputsOf(step)} ${outputsOf(step)}\n`
}

/** `inputs` is the digest from before the run: an input edited meanwhile makes the step stale again. */
export function markFresh(step, inputs) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(stampOf(step), `${inputs} ${outputsOf(step)}\n`)
}

export function markStale(step) {
  rmSync(stampOf(step), { force: true })
}

/** A remembered fact, such as an installation that failed and need not be tried at every run. */
export function remembers(name) {
  return statSync(join(folder, name), { throwIfNoEntry: false }) !== undefined
}

export function remember(name) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), '')
}
