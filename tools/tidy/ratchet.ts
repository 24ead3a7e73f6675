/** The limits of size, the files over them, and the ratchet that keeps those from growing. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measure } from './measure.ts'

export type Ratchet = Record<string, Record<string, number>>

export const ratchetPath = fileURLToPath(new URL('./ratchet.json', import.meta.url))

const limits = { columns: 120, lines: 400, functionLines: 70, parameters: 3, nesting: 3 }
const testLimits = { ...limits, lines: 800, functionLines: 200, columns: 160 }

export const sourceFiles = (): string[] =>
  execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.tsx', '*.mjs'], { encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && !path.includes('.gen.') && existsSync(path))

const filesPerFolderMax = 12

/** Folders with more files than one looks over, tests apart. */
function crowdedFolders(): Ratchet {
  const counts = new Map<string, number>()
  for (const path of sourceFiles()) {
    if (isTest(path) || path.startsWith('e2e/')) continue
    const folder = dirname(path)
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  const crowded = [...counts].filter(([, files]) => files > filesPerFolderMax)
  return Object.fromEntries(crowded.map(([folder, files]) => [folder, { files }]))
}

const isTest = (path: string): boolean => /\.(test|e2e|bench)\.ts$|^e2e\//.test(path)

/** Every file and folder over a limit, with the sizes that are over. */
export function overLimits(): Ratchet {
  const result: Ratchet = crowdedFolders()
  for (const path of sourceFiles()) {
    const measures = measure(path, readFileSync(path, 'utf8'))
    const allowed = isTest(path) ? testLimits : limits
    const over = Object.entries(measures).filter(([name, size]) => size > allowed[name as keyof typeof allowed])
    if (over.length > 0) result[path] = Object.fromEntries(over)
  }
  return result
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(ratchetPath, JSON.stringify(overLimits(), null, 2) + '\n')
}
