/**
 * Where the state of a work directory is kept, written down at its first start: a later start with another store would
 * find no apps and no jobs, and etcd does not find its own members again under other addresses.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { CliError } from '../../errors.ts'
import type { StoreChoice } from '../plan/store-plan.ts'

const keptSchema = z.object({
  version: z.literal(1),
  store: z.enum(['sqlite', 'etcd', 'url']),
  members: z.number().int().positive().optional(),
  etcdPort: z.number().int().positive().optional(),
})
type Kept = z.infer<typeof keptSchema>

const fileOf = (workDir: string): string => `${workDir}/store.json`

function readKept(workDir: string): Kept | undefined {
  const file = fileOf(workDir)
  if (!existsSync(file)) return undefined
  try {
    return keptSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    throw new CliError(`${file} is damaged: delete it, and give the store of before with --store.`, { cause })
  }
}

const optionOf = ({ store, members = 1 }: Kept): string =>
  ({ sqlite: '--store sqlite', url: '--store etcd://…', etcd: `--store etcd --etcds ${members}` })[store]

/** Before the parts start. Returns what should be said about the choice; rejects one that would lose sight of data. */
export function keepStore(
  workDir: string,
  { store, etcdPort }: { readonly store: StoreChoice; readonly etcdPort: number },
): string | undefined {
  const before = readKept(workDir)
  const members = store.type === 'etcd' ? store.members : undefined
  if (before?.members !== undefined && members !== undefined) refuseOtherMembers(before, { members, etcdPort, workDir })
  const now: Kept = {
    version: 1,
    store: store.type,
    // Kept for the day on which somebody comes back to it.
    members: members ?? before?.members,
    etcdPort: members === undefined ? before?.etcdPort : etcdPort,
  }
  writeFileSync(fileOf(workDir), JSON.stringify(now, null, 2) + '\n')
  if (before === undefined || before.store === store.type) return undefined
  return `State was kept elsewhere before: ${optionOf(before)} finds those apps and jobs again.`
}

function refuseOtherMembers(
  before: Kept,
  now: { readonly members: number; readonly etcdPort: number; readonly workDir: string },
): void {
  const { members = 1, etcdPort = now.etcdPort } = before
  if (members !== now.members) {
    throw new CliError(
      `The etcd in ${now.workDir} has ${members} ${members === 1 ? 'member' : 'members'}, not ${now.members}: ` +
        `give --etcds ${members}, or forget its data with --fresh.`,
    )
  }
  if (members > 1 && etcdPort !== now.etcdPort) {
    throw new CliError(
      `The members of the etcd in ${now.workDir} know each other at the ports from ${etcdPort}: ` +
        `give --etcd-port ${etcdPort}, or forget their data with --fresh.`,
    )
  }
}
