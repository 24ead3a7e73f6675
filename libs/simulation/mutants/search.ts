/** Looks for planted bugs: runs seeds with one of them in a process of its own until one violates an invariant. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Mutant } from './planted/index.ts'

const run = promisify(execFile)
/** What a child may print: one violation. */
const outputBytesMax = 1_048_576

export type Found = { readonly seed: number; readonly invariant: string; readonly message: string }

export type Seeds = { readonly from: number; readonly count: number }

/** The first seed that finds it; undefined when it survives all of them. */
async function findMutant({ name }: Mutant, { from, count }: Seeds): Promise<Found | undefined> {
  const hook = `${new URL('hook.ts', import.meta.url).href}?${name}`
  const probe = fileURLToPath(new URL('probe.ts', import.meta.url))
  const args = ['--import', hook, probe, String(from), String(count)]
  const { stdout } = await run(process.execPath, args, { maxBuffer: outputBytesMax })
  return (JSON.parse(stdout) as Found | null) ?? undefined
}

export type SearchOptions = {
  readonly mutants: readonly Mutant[]
  /** Tried in order. */
  readonly seedsOf: (mutant: Mutant) => readonly Seeds[]
  readonly workers: number
  readonly onResult: (mutant: Mutant, found: Found | undefined, triedCount: number) => void
}

export async function searchMutants({ mutants, seedsOf, workers, onResult }: SearchOptions): Promise<void> {
  const waiting = [...mutants]
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      let found: Found | undefined
      let triedCount = 0
      for (const seeds of seedsOf(mutant)) {
        found = await findMutant(mutant, seeds)
        triedCount += found === undefined ? seeds.count : found.seed - seeds.from + 1
        if (found !== undefined) break
      }
      onResult(mutant, found, triedCount)
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
}
