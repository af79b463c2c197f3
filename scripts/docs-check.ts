/**
 * Documentation that does not run is wrong: every ```ts block of README.md and docs/ is type-checked and run against
 * the local build. ```ts no-run blocks are only type-checked. Each block is a module of its own.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'build', 'docs-check')

interface Block {
  /** `docs/cells.md:12` */
  readonly where: string
  readonly file: string
  readonly runs: boolean
}

function markdownFiles(): string[] {
  const docs = existsSync(join(root, 'docs')) ? readdirSync(join(root, 'docs'), { recursive: true }) : []
  const pages = docs.map(String).filter((name) => name.endsWith('.md'))
  return ['README.md', ...pages.sort().map((name) => join('docs', name))].filter((path) =>
    existsSync(join(root, path)),
  )
}

function extract(path: string): Block[] {
  const blocks: Block[] = []
  const lines = readFileSync(join(root, path), 'utf8').split('\n')
  for (let i = 0; i < lines.length; i++) {
    const fence = /^\s*```(?:ts|typescript)\b(.*)$/.exec(lines[i]!)
    if (fence === null) continue
    const start = i + 1
    while (++i < lines.length && !/^\s*```\s*$/.test(lines[i]!)) {}
    const name = `${path.replaceAll(/[^\w]+/g, '-')}-${start}.ts`
    // Empty lines in front, so that messages carry the line numbers of the page.
    const code = `${'\n'.repeat(start)}${lines.slice(start, i).join('\n')}\nexport {}\n`
    writeFileSync(join(folder, name), code)
    blocks.push({ where: `${path}:${start}`, file: name, runs: !fence[1]!.includes('no-run') })
  }
  return blocks
}

function execute(tool: string, args: string[]): { ok: boolean; output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', tool), ...args],
    {
      cwd: folder,
      encoding: 'utf8',
      timeout: 300_000,
    },
  )
  return { ok: status === 0, output: `${stdout}${stderr}` }
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })

// The package resolves to itself through its `exports`, exactly as it does for users.
const compilerOptions = {
  target: 'ES2022',
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: ['node'],
}
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))

const blocks = markdownFiles().flatMap(extract)
let failed = 0

if (blocks.length > 0) {
  const types = execute('typescript/bin/tsc', ['-p', 'tsconfig.json'])
  if (!types.ok) {
    failed += 1
    let text = types.output
    for (const block of blocks) text = text.replaceAll(block.file, block.where.replace(/:\d+$/, ''))
    console.error(text)
  }
}

for (const block of blocks.filter(({ runs }) => runs)) {
  const { ok, output } = execute('tsx/dist/cli.mjs', ['--tsconfig', 'tsconfig.json', block.file])
  if (ok) continue
  failed += 1
  console.error(
    `${block.where} failed:\n${output.replaceAll(join(folder, block.file), relative(root, block.where))}`,
  )
}

console.log(
  `docs: ${blocks.length} blocks, ${blocks.filter(({ runs }) => runs).length} run, ${failed} failed`,
)
if (failed > 0) process.exitCode = 1
