/** `thermo up`, `down` and `status`: a whole cluster on this machine. */
import { rmSync, statfsSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { z } from 'zod'
import { defaultWorkDir } from '../api.ts'
import { CliError } from '../errors.ts'
import { agentsMax, secondSignalAfterMs } from '../limits.ts'
import { ageText, printJson, say, table } from '../output.ts'
import { renewChangedAgents } from '../up/agent-identity.ts'
import { isAlive, readCluster } from '../up/cluster-file.ts'
import { planCluster } from '../up/cluster-plan.ts'
import type { Part, PartKind, PlanOptions } from '../up/cluster-plan.ts'
import { ensureDashboard } from '../up/dashboard.ts'
import { waitForAgents } from '../up/joined-agents.ts'
import { preflight } from '../up/preflight.ts'
import { stopCluster } from '../up/stop-cluster.ts'
import { Supervisor } from '../up/supervisor.ts'

const kinds = ['master', 'agent', 'marathon', 'chronos', 'gateway'] as const
const defaultPorts = { master: 5050, agent: 5051, marathon: 8080, chronos: 4400, gateway: 8000 }

const integerBetween =
  ({ min, max }: { readonly min: number; readonly max: number }) =>
  (text: string): number => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`Allowed: whole numbers from ${min} to ${max}.`)
  }

const collect = (text: string, before: string[]): string[] => {
  if (!/^[a-z0-9_-]+(=.*)?$/s.test(text)) throw new InvalidArgumentError('Allowed: name=value or name.')
  return [...before, text]
}

type UpFlags = Record<string, unknown> & {
  readonly agents: number
  readonly resources?: string
  readonly ip: string
  readonly cluster: string
  readonly workDir: string
  readonly fresh?: boolean
  readonly insecure?: boolean
  readonly keepTasks?: boolean
  readonly without: string[]
}

const ofEveryKind = <T>(valueOf: (kind: PartKind) => T): Record<PartKind, T> => ({
  master: valueOf('master'),
  agent: valueOf('agent'),
  marathon: valueOf('marathon'),
  chronos: valueOf('chronos'),
  gateway: valueOf('gateway'),
})

const planOptionsOf = (flags: UpFlags): PlanOptions => ({
  agents: flags.agents,
  resources: flags.resources,
  ip: flags.ip,
  cluster: flags.cluster,
  workDir: resolve(flags.workDir),
  insecure: flags.insecure === true,
  ports: ofEveryKind((kind) => z.number().parse(flags[`${kind}Port`])),
  extraFlags: ofEveryKind((kind) => z.array(z.string()).parse(flags[`${kind}Flag`])),
  without: z.array(z.enum(kinds)).parse(flags.without),
})

const machineSize = (folder: string): { cpus: number; memMib: number; diskMib: number } => {
  // All of the disk, not what is free of it: the resources of an agent may not change from start to start.
  const { blocks, bsize } = statfsSync(folder)
  return {
    cpus: availableParallelism(),
    memMib: Math.floor(totalmem() / 2 ** 20),
    diskMib: Math.floor((blocks * bsize) / 2 ** 20),
  }
}

/** Resolves on the first Ctrl-C or SIGTERM; calls `onSecond` for another one that comes clearly later. */
function stopRequested(onSecond: () => void): Promise<void> {
  let firstAt: number | undefined
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (firstAt !== undefined && Date.now() - firstAt > secondSignalAfterMs) onSecond()
        firstAt ??= Date.now()
        done()
      })
    }
  })
}

async function stopEarlierCluster(workDir: string): Promise<void> {
  const earlier = readCluster(workDir)
  if (earlier === undefined) return
  if (isAlive(earlier.supervisor)) {
    throw new CliError(
      `A cluster already runs in ${workDir} (pid ${earlier.supervisor.pid}): stop it with \`thermo down\` ` +
        'or give another place with --work-dir.',
    )
  }
  say('An earlier cluster was not stopped; stopping what is left of it …')
  await stopCluster(workDir, earlier)
}

/** What the agents use to keep tasks apart, in their own words. */
async function isolationOf(parts: readonly Part[]): Promise<string> {
  const agent = parts.find((part) => part.kind === 'agent')
  if (agent === undefined) return 'no agents'
  const schema = z.object({ flags: z.looseObject({ isolation: z.string() }) })
  const { flags } = schema.parse(await (await fetch(`${agent.url}/flags`)).json())
  const uses = flags.isolation.includes('cgroups') ? 'cgroups and namespaces' : 'plain processes'
  const who = process.getuid?.() === 0 ? 'root' : 'an ordinary user'
  return `${uses} (running as ${who}; ${flags.isolation})`
}

const names: Record<PartKind, string> = {
  gateway: 'Dashboard',
  marathon: 'Marathon',
  chronos: 'Chronos',
  master: 'Master',
  agent: 'Agent',
}

async function up(flags: UpFlags): Promise<void> {
  const options = planOptionsOf(flags)
  const { workDir } = options
  const started = Date.now()
  await stopEarlierCluster(workDir)
  if (flags.fresh === true) rmSync(workDir, { recursive: true, force: true })
  await preflight([], workDir)
  const parts = planCluster(options, machineSize(workDir))
  await preflight(parts, workDir)
  if (!options.without.includes('gateway')) await ensureDashboard(say)
  renewChangedAgents(workDir, parts)
  say(`Starting ${parts.length} processes in ${workDir} …`)
  const supervisor = new Supervisor({ parts, workDir, keepTasks: flags.keepTasks === true, say })
  const stop = stopRequested(() => {
    supervisor.killNow()
    process.exit(1)
  })
  await Promise.race([supervisor.start(), stop])
  const missing = await Promise.race([waitForAgents(parts), stop])
  if (missing !== undefined && missing > 0) say(`${missing} of the agents have not joined yet: see ${workDir}/logs.`)
  const width = Math.max(...parts.map((part) => names[part.kind].length))
  const shown = (Object.keys(names) as PartKind[]).flatMap((kind) => parts.filter((part) => part.kind === kind))
  say('')
  for (const part of shown) say(`  ${names[part.kind].padEnd(width)}  ${part.url}`)
  say(`\n  Isolation: ${await isolationOf(parts).catch(() => 'unknown')}`)
  say(`  Logs:      ${workDir}/logs`)
  say(`\nReady in ${((Date.now() - started) / 1000).toFixed(1)} s. Ctrl-C stops everything.`)
  await stop
  say('\nStopping: frameworks, then agents with their tasks, then the master …')
  await supervisor.stop()
  say('Stopped. The next start finds its apps and jobs again; --fresh forgets them.')
  process.exit(0)
}

async function down(workDir: string): Promise<void> {
  const record = readCluster(workDir)
  if (record === undefined) throw new CliError(`No cluster runs in ${workDir}: give its place with --work-dir.`)
  await stopCluster(workDir, record)
  say('Stopped.')
}

function status(workDir: string, json: boolean): void {
  const record = readCluster(workDir)
  const processes = (record?.processes ?? []).map((one) => ({ ...one, running: isAlive(one) }))
  const running = record !== undefined && isAlive(record.supervisor)
  if (json) return printJson({ workDir, running, startedAt: record?.startedAt, processes })
  if (record === undefined) throw new CliError(`No cluster runs in ${workDir}: start one with \`thermo up\`.`)
  say(running ? `Running for ${ageText(Date.now() - record.startedAt)} in ${workDir}.` : 'Its supervisor is gone.')
  const rows = processes.map((one) => [one.name, one.running ? 'running' : 'ended', one.pid, one.url])
  say(table(['PART', 'STATE', 'PID', 'ADDRESS'], rows))
}

const workDirOption = (): Option =>
  new Option('--work-dir <folder>', 'where state, sandboxes and logs are kept').default(
    defaultWorkDir(),
    '.thermosphere',
  )

export function addClusterCommands(program: Command): void {
  const command = program
    .command('up')
    .description('start a cluster on this machine and keep it running until Ctrl-C')
    .option('--agents <count>', 'number of agents', integerBetween({ min: 0, max: agentsMax }), 3)
    .option('--resources <text>', "each agent's resources, as in cpus:4;mem:8192;disk:10000;ports:[31000-32000]")
    .option('--fresh', 'forget apps, jobs and everything else of earlier starts')
    .option('--keep-tasks', 'leave tasks running when the cluster stops')
    .option('--ip <address>', 'address to listen on', '127.0.0.1')
    .option('--cluster <name>', 'name of the cluster', 'thermosphere')
    .option('--insecure', 'allow an address that others can reach although nobody has to log in')
    .addOption(new Option('--without <part...>', 'leave a part out').choices([...kinds]).default([]))
    .addOption(workDirOption())
  for (const kind of kinds) {
    const what = kind === 'agent' ? 'port of the first agent; the others follow' : `port of the ${kind}`
    const parse = integerBetween({ min: 1, max: 65_535 })
    command.option(`--${kind}-port <port>`, what, parse, defaultPorts[kind])
    command.option(`--${kind}-flag <flag>`, `a flag of the ${kind}: name=value (repeatable)`, collect, [])
  }
  command.action((flags: UpFlags) => up(flags))
  program
    .command('down')
    .description('stop the cluster of a work directory')
    .addOption(workDirOption())
    .action((flags: { workDir: string }) => down(resolve(flags.workDir)))
  program
    .command('status')
    .description('the parts of the cluster of a work directory')
    .addOption(workDirOption())
    .action((flags: { workDir: string }, self: Command) =>
      status(resolve(flags.workDir), self.optsWithGlobals<{ json?: boolean }>().json === true),
    )
}
