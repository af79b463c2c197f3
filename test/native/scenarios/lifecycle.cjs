// One scenario a process: node lifecycle.cjs SCENARIO ADDON PROGRAM, the program as JSON { words, parameters }.
const { copyFileSync, mkdtempSync, readFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads')

const gradients = 2
const [scenario, addonPath, programPath] = isMainThread ? process.argv.slice(2) : workerData
const { words, parameters } = JSON.parse(readFileSync(programPath, 'utf8'))
const program = Int32Array.from(words)

function context(path = addonPath) {
  const { WeightStore } = require(path)
  const made = new WeightStore(parameters, 0).createContext(program)
  // Rows of zeros would be multiplied once.
  made.windows().inputs[0].fill(1)
  return made
}

function worker(name) {
  return new Worker(__filename, { workerData: [name, addonPath, programPath] })
}

const over = (thread) => new Promise((resolve) => thread.once('exit', resolve))
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const scenarios = {
  /** The process stays alive until the run is over. */
  async finish() {
    console.log('status', await context().run(gradients))
  },
  /** Leaves while a run is under way. */
  async exit() {
    context()
      .run(gradients)
      .then(() => console.log('too late'))
    await pause(30)
    process.exit(7)
  },
  /** Leaves by an error. */
  async throw() {
    context().run(gradients)
    await pause(30)
    setImmediate(() => {
      throw new Error('expected')
    })
  },
  /** Nobody holds the context while its run is under way. */
  async collect() {
    const run = context().run(gradients)
    for (let i = 0; i < 20; i++) {
      global.gc()
      await pause(1)
    }
    console.log('status', await run)
    for (let i = 0; i < 500; i++) {
      context().windows()
      if (i % 50 === 0) global.gc()
    }
  },
  /** Workers load, run and end, one after the other and together; the main thread never loads the addon. */
  async workers() {
    for (let i = 0; i < 3; i++) await over(worker('finish'))
    await Promise.all([worker('finish'), worker('finish')].map(over))
    await pause(20)
  },
  /** Workers are ended in the middle of a run. */
  async terminate() {
    for (let i = 0; i < 5; i++) {
      const thread = worker('forever')
      await new Promise((resolve) => thread.once('message', resolve))
      await thread.terminate()
    }
    console.log('status', await context().run(gradients))
  },
  async forever() {
    const own = context()
    for (;;) {
      const run = own.run(gradients)
      parentPort.postMessage('started')
      await run
    }
  },
  /** Two copies of the addon in one process. */
  async twice() {
    const copy = join(mkdtempSync(join(tmpdir(), 'ostinato-')), 'copy.node')
    copyFileSync(addonPath, copy)
    const runs = [context(), context(copy), context()].map((c) => c.run(gradients))
    console.log('status', ...(await Promise.all(runs)))
  },
  /** What the variables of the process choose. */
  async info() {
    console.log(JSON.stringify(require(addonPath).info()))
  },
}

scenarios[scenario]()
