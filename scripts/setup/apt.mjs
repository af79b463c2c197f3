import { onPath, run, say } from './shell.mjs'
import { remember, remembers } from './stamps.mjs'

function mayInstall() {
  const refused = process.env.OSTINATO_NO_APT
  return (refused === undefined || refused === '') && process.getuid?.() === 0 && onPath('apt-get')
}

/**
 * Installs Debian packages when the process is root on a Debian-like system and nobody forbade it; otherwise says
 * what to type. A failure is remembered and not tried again at every command. Returns whether they are installed now.
 */
export async function aptInstall(packages, purpose) {
  const failure = `apt-failed-${packages.join('+')}`
  const command = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`
  if (!mayInstall() || remembers(failure)) {
    say(`${purpose} (${onPath('apt-get') ? 'for it, run as root' : 'on Debian or Ubuntu'}: ${command})`)
    return false
  }
  say(`${purpose}; running ${command} (OSTINATO_NO_APT=1 forbids this)`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await run('apt-get', ['update'], { env, timeout: 300_000 })
    await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env, timeout: 600_000 })
    return true
  } catch (error) {
    remember(failure)
    say(`${error.message}; going on without`)
    return false
  }
}
