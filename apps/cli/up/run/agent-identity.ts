/**
 * An agent refuses to come back under its id with another host name or other resources, as Mesos' does. Both follow
 * from the options of `thermo up`, so whoever changes these gets new agents instead of a refusal.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import type { Part } from '../plan/part.ts'

const identitiesSchema = z.record(z.string(), z.array(z.string()))
type Identities = z.infer<typeof identitiesSchema>

const fileOf = (workDir: string): string => `${workDir}/agents.json`

const readIdentities = (workDir: string): Identities => {
  try {
    return identitiesSchema.parse(JSON.parse(readFileSync(fileOf(workDir), 'utf8')))
  } catch {
    // Absent or damaged: then nothing is known to have changed, and the agent itself has the last word.
    return {}
  }
}

const identityOf = (part: Part): string[] =>
  part.flags.filter((flag) => /^--(hostname|resources|attributes)=/.test(flag))

/** Before the agents start: those whose identity changed since the last start forget their id. */
export function renewChangedAgents(workDir: string, parts: readonly Part[]): void {
  const before = readIdentities(workDir)
  const now = { ...before }
  for (const part of parts.filter(({ kind }) => kind === 'agent')) {
    const identity = identityOf(part)
    now[part.name] = identity
    const isChanged = before[part.name] !== undefined && before[part.name]?.join() !== identity.join()
    if (isChanged) rmSync(`${workDir}/${part.name}/meta/slaves/latest`, { force: true })
  }
  writeFileSync(fileOf(workDir), JSON.stringify(now, null, 2) + '\n')
}
