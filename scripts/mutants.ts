/**
 * Makes known mistakes, one at a time and in copies of the repository, and runs the conformance suite on each: a mistake
 * that no test notices is a hole in the tests. `npm run mutants [text]` takes only those with the text in their name.
 */
import { availableParallelism } from 'node:os'
import { type Executor, type Mutant, mutants } from './mutants/list.js'
import { Tree } from './mutants/tree.js'

/** What has to notice. The reference is held against differences, and against an executor that has the contract right. */
const suites: Readonly<Record<Executor, readonly string[]>> = {
  native: ['test/conformance/native.test.ts'],
  wasm: ['test/wasm/conformance.test.ts'],
  reference: ['test/gradients', 'test/wasm/conformance.test.ts'],
}

/** The first test that failed, or undefined where all passed. */
async function firstFailure(mutant: Mutant): Promise<string | undefined> {
  const tree = await Tree.copy()
  try {
    tree.apply(mutant)
    await tree.build(mutant)
    const only = mutant.cases ? ['-t', `agrees with the reference: ${mutant.cases} `] : []
    const { code, output } = await tree.test(
      ...suites[mutant.executor],
      ...only,
      '--bail=1',
      // Tests of another file that run at the time would be cut short, and look as if they had failed.
      '--no-file-parallelism',
      '--reporter=tap-flat',
    )
    if (code === null) return 'hangs'
    // A test has the names of its file and of its suite before its own.
    const failed = /^not ok \d+ - (.* > .*?)(?: # |$)/m.exec(output)?.[1]
    if (code === 0 && /^ok /m.test(output)) return undefined
    // A suite that does not even start has noticed nothing.
    if (failed === undefined) throw new Error(`mutant "${mutant.name}": no test failed:\n${output}`)
    return failed
  } finally {
    tree.dispose()
  }
}

const text = process.argv[2] ?? ''
const chosen = mutants.filter(({ name, executor }) => `${executor} ${name}`.includes(text))
if (chosen.length === 0) throw new Error(`no mutant has "${text}" in its name`)
const waiting = [...chosen]
const survivors: Mutant[] = []

async function work(): Promise<void> {
  for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
    const start = Date.now()
    const failure = await firstFailure(mutant)
    const seconds = ((Date.now() - start) / 1000).toFixed(0)
    if (failure === undefined) survivors.push(mutant)
    const verdict = failure === undefined ? 'SURVIVED' : `caught by: ${failure}`
    console.log(`${mutant.executor} | ${mutant.name} | ${verdict} (${seconds} s)`)
  }
}

await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work))
console.log(`${chosen.length - survivors.length} of ${chosen.length} mutants caught`)
process.exitCode = survivors.length > 0 ? 1 : 0
