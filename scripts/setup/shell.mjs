import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export function say(line) {
  console.log(`setup: ${line}`)
}

const running = new Set()

// A set-up that is stopped must not leave a compiler behind that writes into build/ beside the next one.
process.on('exit', () => {
  for (const child of running) {
    try {
      process.kill(process.platform === 'win32' ? child.pid : -child.pid)
    } catch {
      // it has ended already
    }
  }
})

/** Runs a command; its output is shown only when it fails, or always with `verbose`. */
export function run(command, args, { env = process.env, cwd = root, verbose = false, timeout } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      timeout,
      detached: process.platform !== 'win32', // its own process group, to be ended as one
      stdio: ['ignore', verbose ? 'inherit' : 'pipe', verbose ? 'inherit' : 'pipe'],
    })
    if (child.pid !== undefined) running.add(child)
    const output = []
    child.stdout?.on('data', (chunk) => output.push(chunk))
    child.stderr?.on('data', (chunk) => output.push(chunk))
    child.on('error', (cause) => reject(new Error(`cannot start ${command}: ${cause.message}`, { cause })))
    child.on('close', (code, signal) => {
      running.delete(child)
      if (code === 0) return resolve()
      process.stderr.write(Buffer.concat(output))
      reject(new Error(`${[command, ...args].join(' ')} ended with ${signal ?? `exit code ${code}`}`))
    })
  })
}

/** Runs a JavaScript tool from node_modules with the running Node. */
export function tool(path, args, options) {
  return run(process.execPath, [join(root, 'node_modules', path), ...args], options)
}

export function onPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}
