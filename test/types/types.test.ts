import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

test('the public face refuses at compile time what it would refuse at run time', () => {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const file = fileURLToPath(new URL('./public-face.ts', import.meta.url))
  const program = ts.createProgram([file], { ...options, noEmit: true })
  const source = program.getSourceFile(file)
  expect(source?.text).toContain('@ts-expect-error')
  const diagnostics = [...program.getSemanticDiagnostics(source), ...program.getSyntacticDiagnostics(source)]
  const messages = diagnostics.map((d) => {
    const { line } = source?.getLineAndCharacterOfPosition(d.start ?? 0) ?? { line: -1 }
    return `line ${line + 1}: ${ts.flattenDiagnosticMessageText(d.messageText, ' ')}`
  })
  expect(messages).toEqual([])
}, 60_000)
