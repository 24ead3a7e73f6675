// Runs on whatever recent Node is there: brings node_modules, and with it the Node of the project, up to the lockfile.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = `${root}node_modules/.installed`
const [major = 0] = process.versions.node.split('.').map(Number)

const fail = (message) => {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

/** Installs when the lockfile is not the one that node_modules was made from. */
export function ensureInstalled() {
  if (major < 20) fail(`Node ${process.versions.node} is too old to install with; take Node 20 or newer.`)
  const wanted = createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(nodePath())) return
  process.stdout.write('Installing dependencies (npm ci) …\n')
  const started = Date.now()
  const args = ['ci', '--no-fund', '--no-audit', '--loglevel=error']
  const { status, error } = spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (error) fail(`npm could not be started: ${error.message}`)
  if (status !== 0) fail('npm ci failed; its message above says why. Nothing was started.')
  if (!existsSync(nodePath()))
    fail('npm ci did not bring Node (package "node"): install scripts must be allowed for it.')
  writeFileSync(stamp, wanted)
  process.stdout.write(`Installed in ${Math.round((Date.now() - started) / 1000)} s.\n`)
}

/** The Node of the lockfile. */
export const nodePath = () => `${root}node_modules/node/bin/node`

/** Runs a TypeScript program of the project on its own Node and exits with its status; signals reach it. */
export async function runOnOwnNode(script, args) {
  const { spawn } = await import('node:child_process')
  const path = `${root}node_modules/.bin:${process.env.PATH ?? ''}`
  const compiled = `${root}node_modules/.cache/compiled`
  const child = spawn(nodePath(), [script, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: compiled, ...process.env, PATH: path },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
}
