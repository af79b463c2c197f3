/** One set-up at a time in a tree. The lock is a directory, because making one is atomic on every file system. */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root, say } from './shell.mjs'

const path = join(root, 'build', '.setup-lock')
const owner = join(path, 'pid')
const oldest = 60 * 60 * 1000
const unowned = 10 * 1000

function tryToTake() {
  mkdirSync(join(root, 'build'), { recursive: true })
  try {
    mkdirSync(path)
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
  writeFileSync(owner, String(process.pid))
  return true
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** The content of a lock whose owner is gone, or undefined while it is held. */
function staleOwner() {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  const age = Date.now() - stat.mtimeMs
  const pid = read(owner)
  if (pid === '') return age > unowned ? pid : undefined
  return !isAlive(Number(pid)) || age > oldest ? pid : undefined
}

/** Moves a stale lock away; if someone took it meanwhile, the moved one is theirs and goes back. */
function removeStale(pid) {
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
    if (read(join(aside, 'pid')) !== pid) renameSync(aside, path)
    else rmSync(aside, { recursive: true, force: true })
  } catch {
    // someone else was faster
  }
}

export async function withLock(work) {
  let waited = false
  while (!tryToTake()) {
    const stale = staleOwner()
    if (stale !== undefined) removeStale(stale)
    else {
      if (!waited) say(`waiting for another set-up (process ${read(owner)})`)
      waited = true
      await sleep(200)
    }
  }
  const release = () => {
    if (read(owner) === String(process.pid)) rmSync(path, { recursive: true, force: true })
  }
  const interrupted = () => process.exit(130)
  process.on('exit', release)
  process.on('SIGINT', interrupted)
  process.on('SIGTERM', interrupted)
  try {
    return await work()
  } finally {
    release()
    process.off('exit', release)
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', interrupted)
  }
}
