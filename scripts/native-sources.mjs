// Prints the C++ sources below the given files and directories, for binding.gyp.
import { existsSync, readdirSync, statSync } from 'node:fs'

const sources = []
for (const path of process.argv.slice(2)) {
  if (!existsSync(path)) continue
  if (statSync(path).isFile()) sources.push(path)
  else for (const name of readdirSync(path).sort()) if (name.endsWith('.cc')) sources.push(`${path}/${name}`)
}
console.log(sources.join('\n'))
