/** `npm run bench [-- NAME …]`: runs the benchmarks whose file names contain a NAME, one after the other. */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const names = process.argv.slice(2)
const files = globSync('{libs,apps,e2e}/**/*.bench.ts', { exclude: (path) => path.includes('node_modules') }).sort()
const chosen = files.filter((file) => names.length === 0 || names.some((name) => file.includes(name)))
if (chosen.length === 0) {
  process.stderr.write(`No benchmark has ${names.join(' or ')} in its name; there are:\n${files.join('\n')}\n`)
  process.exit(2)
}
let status = 0
for (const file of chosen) {
  process.stdout.write(`\n== ${file}\n`)
  const result = spawnSync(process.execPath, [file], { stdio: 'inherit' })
  if (result.status !== 0) status = 1
}
process.exit(status)
