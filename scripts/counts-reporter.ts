import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/** Ends the output of a run with one plain line: `Tests: N passed, N failed`. */
export class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        // A test that was never finished did not pass.
        count[state === 'pending' ? 'failed' : state] += 1
      }
      // A module or suite that broke outside of its tests (an import, a hook) is one failure more.
      count.failed += module.errors().length > 0 ? 1 : 0
      for (const suite of module.children.allSuites()) count.failed += suite.errors().length > 0 ? 1 : 0
    }
    count.failed += unhandledErrors.length
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
    // At exit, so that nothing follows it.
    process.once('exit', () => {
      process.stdout.write(`Tests: ${count.passed} passed, ${count.failed} failed${skipped}\n`)
    })
  }
}
