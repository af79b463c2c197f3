#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { diagnose, diagnosisText } from './doctor.js'
import { suggestion } from './suggest.js'

const help = `Usage: ostinato <command> [options]

Commands:
  doctor     say which backend runs on this machine, and why

Options:
  --json     print the answer as JSON
  --help     print this text
  --version  print the version
`

const commands = ['doctor']

/** From src/ and from dist/ alike. */
function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return version
}

/** Wrong usage: exit code 2, and nothing on standard output. */
function refuse(problem: string): number {
  process.stderr.write(`ostinato: ${problem}\nSee ostinato --help\n`)
  return 2
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean', short: 'v' },
    },
  })
}

async function main(args: readonly string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(args)
  } catch (error) {
    // parseArgs says what is wrong with the arguments; it throws for nothing else.
    return refuse((error as Error).message)
  }
  const { values, positionals } = parsed
  if (values.version) {
    process.stdout.write(`${packageVersion()}\n`)
    return 0
  }
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const [command, extra] = positionals
  if (command === undefined) return refuse('no command given')
  if (!commands.includes(command)) {
    return refuse(`unknown command ${JSON.stringify(command)}. ${suggestion(command, commands)}`)
  }
  if (extra !== undefined) return refuse(`unexpected argument ${JSON.stringify(extra)}`)
  const diagnosis = await diagnose(packageVersion())
  process.stdout.write(values.json ? `${JSON.stringify(diagnosis, null, 2)}\n` : diagnosisText(diagnosis))
  return diagnosis.backend ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
