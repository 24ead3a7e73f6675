/** What runs in a work directory, written down for `status`, `down` and a later `up`. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { CliError } from '../../errors.ts'
import { partKinds } from '../plan/part.ts'

const processSchema = z.object({
  name: z.string(),
  kind: z.enum(partKinds),
  pid: z.number().int().positive(),
  startTicks: z.number().int(),
  url: z.string(),
})

const clusterSchema = z.object({
  version: z.literal(1),
  supervisor: z.object({ pid: z.number().int().positive(), startTicks: z.number().int() }),
  startedAt: z.number(),
  gateway: z.string(),
  processes: z.array(processSchema).max(1000),
})

export type ClusterRecord = z.infer<typeof clusterSchema>
export type ProcessRecord = z.infer<typeof processSchema>

const fileOf = (workDir: string): string => `${workDir}/cluster.json`

/** Start time of a process in clock ticks since boot, which tells it from a later one with its pid; undefined: gone. */
export function startTicksOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : Number(fields[19])
  } catch {
    return undefined
  }
}

export const isAlive = (record: { readonly pid: number; readonly startTicks: number }): boolean =>
  startTicksOf(record.pid) === record.startTicks

export function readCluster(workDir: string): ClusterRecord | undefined {
  let text: string
  try {
    text = readFileSync(fileOf(workDir), 'utf8')
  } catch {
    return undefined
  }
  try {
    return clusterSchema.parse(JSON.parse(text))
  } catch (error) {
    throw new CliError(`${fileOf(workDir)} is damaged: stop what runs there by hand and delete the file.`, {
      cause: error,
    })
  }
}

export function writeCluster(workDir: string, record: ClusterRecord): void {
  writeFileSync(`${fileOf(workDir)}.new`, JSON.stringify(record, null, 2) + '\n')
  renameSync(`${fileOf(workDir)}.new`, fileOf(workDir))
}

export const removeCluster = (workDir: string): void => rmSync(fileOf(workDir), { force: true })
