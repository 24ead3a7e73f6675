/** Builds the dashboard when its sources are newer than what was built. */
import { spawn } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import { rootFolder } from '../../config.ts'
import { CliError } from '../../errors.ts'

const folder = `${rootFolder}apps/web-ui`
const built = `${folder}/dist/index.html`

const isUpToDate = (): boolean => {
  if (!existsSync(built)) return false
  const builtAt = statSync(built).mtimeMs
  const sources = globSync('**/*.{ts,tsx,css,html,json}', {
    cwd: folder,
    exclude: (path) => path.startsWith('dist') || path.includes('node_modules'),
  })
  return sources.every((path) => statSync(`${folder}/${path}`).mtimeMs <= builtAt)
}

/** Resolves at once when nothing changed. An installed package brings the built files and no sources. */
export async function ensureDashboard(say: (line: string) => void): Promise<void> {
  if (isUpToDate()) return
  say('Building the dashboard …')
  const started = Date.now()
  const output: Buffer[] = []
  const child = spawn(process.execPath, [`${rootFolder}node_modules/vite/bin/vite.js`, 'build'], { cwd: folder })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  if (code !== 0) throw new CliError(`The dashboard could not be built:\n${Buffer.concat(output).toString()}`)
  say(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s.`)
}
