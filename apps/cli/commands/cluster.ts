/** `thermo up`, `down` and `status`: a whole cluster on this machine. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { CliError } from '../errors.ts'
import { ageText, printJson, say, table } from '../output.ts'
import { isAlive, isElecting, leadersOf, readCluster, stopCluster } from '../up/index.ts'
import { addUpCommand, valuesOf, workDirOption } from './up-command.ts'
import { up } from './up.ts'

async function down(workDir: string): Promise<void> {
  const record = readCluster(workDir)
  if (record === undefined) throw new CliError(`No cluster runs in ${workDir}: give its place with --work-dir.`)
  await stopCluster(workDir, record)
  say('Stopped.')
}

async function status(workDir: string, json: boolean): Promise<void> {
  const record = readCluster(workDir)
  const found = (record?.processes ?? []).map((one) => ({ ...one, running: isAlive(one) }))
  const leaders = await leadersOf(found.filter((one) => one.running))
  const processes = found.map((one) => ({
    ...one,
    // Of those that elect one of theirs, nobody else leads.
    ...(isElecting(one.kind) && { leads: leaders.has(one.name) }),
  }))
  const running = record !== undefined && isAlive(record.supervisor)
  if (json) return printJson({ workDir, running, startedAt: record?.startedAt, processes })
  if (record === undefined) throw new CliError(`No cluster runs in ${workDir}: start one with \`thermo up\`.`)
  say(running ? `Running for ${ageText(Date.now() - record.startedAt)} in ${workDir}.` : 'Its supervisor is gone.')
  const isAlone = ({ kind }: { readonly kind: string }): boolean =>
    processes.filter((other) => other.kind === kind).length === 1
  const stateOf = (one: (typeof processes)[number]): string => {
    if (!one.running) return 'ended'
    if (one.leads === undefined || isAlone(one)) return 'running'
    return one.leads ? 'leading' : 'standby'
  }
  const rows = processes.map((one) => [one.name, stateOf(one), one.pid, one.url])
  say(table(['PART', 'STATE', 'PID', 'ADDRESS'], rows))
}

export function addClusterCommands(program: Command): void {
  addUpCommand(program).action((_flags: unknown, self: Command) => up(valuesOf(self)))
  program
    .command('down')
    .description('stop the cluster of a work directory')
    .addOption(workDirOption())
    .action((flags: { workDir: string }) => down(resolve(flags.workDir)))
  program
    .command('status')
    .description('the parts of the cluster of a work directory, and which of them lead')
    .addOption(workDirOption())
    .action((flags: { workDir: string }, self: Command) =>
      status(resolve(flags.workDir), self.optsWithGlobals<{ json?: boolean }>().json === true),
    )
}
