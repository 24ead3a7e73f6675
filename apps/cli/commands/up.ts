/** `thermo up`: starts a cluster and keeps it running. */
import { rmSync, statfsSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { z } from 'zod'
import { credentialPath, loginHeaders } from '../api.ts'
import { CliError } from '../errors.ts'
import { secondSignalAfterMs } from '../limits.ts'
import { say } from '../output.ts'
import {
  ensureDashboard,
  isAlive,
  keepStore,
  planCluster,
  planOptions,
  preflight,
  readCluster,
  renewChangedAgents,
  stopCluster,
  Supervisor,
  waitForAgents,
  waitForLeaders,
} from '../up/index.ts'
import type { OptionValues, Part, PartKind, PlanOptions } from '../up/index.ts'

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

type Login = Readonly<Record<string, string>>

/** What the agents use to keep tasks apart, in their own words. */
async function isolationOf(parts: readonly Part[], headers: Login): Promise<string> {
  const agent = parts.find((part) => part.kind === 'agent')
  if (agent === undefined) return 'no agents'
  const schema = z.object({ flags: z.looseObject({ isolation: z.string() }) })
  const { flags } = schema.parse(await (await fetch(`${agent.url}/flags`, { headers })).json())
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
  etcd: 'etcd',
}

function forget({ store, workDir }: PlanOptions): void {
  if (store.type === 'url') {
    throw new CliError(
      `--fresh does not reach into an etcd that was there before: empty it with \`etcdctl del --prefix\`, or give ` +
        `${store.url} another prefix.`,
    )
  }
  rmSync(workDir, { recursive: true, force: true })
}

/** What takes longer than the processes themselves is told, not waited for without end. */
async function waitUntilServing(parts: readonly Part[], workDir: string, login: Login): Promise<void> {
  const leaderless = await waitForLeaders(parts)
  for (const kind of leaderless) say(`Nobody leads of ${names[kind]} yet: see ${workDir}/logs.`)
  const missing = await waitForAgents(parts, login)
  if (missing > 0) say(`${missing} of the agents have not joined yet: see ${workDir}/logs.`)
}

async function tell(parts: readonly Part[], workDir: string, login: Login): Promise<void> {
  const width = Math.max(...parts.map((part) => names[part.kind].length))
  const shown = (Object.keys(names) as PartKind[]).flatMap((kind) => parts.filter((part) => part.kind === kind))
  say('')
  for (const part of shown) say(`  ${names[part.kind].padEnd(width)}  ${part.url}`)
  say(`\n  Isolation: ${await isolationOf(parts, login).catch(() => 'unknown')}`)
  say(`  Logs:      ${workDir}/logs`)
}

export async function up(values: OptionValues): Promise<void> {
  const credential = credentialPath(z.string().optional().parse(values['credential']))
  const options = planOptions({ ...values, credential }, resolve(z.string().parse(values['workDir'])))
  const { workDir } = options
  const login = loginHeaders(options.credential)
  const started = Date.now()
  await stopEarlierCluster(workDir)
  if (values['fresh'] === true) forget(options)
  await preflight([], workDir)
  const parts = planCluster(options, machineSize(workDir))
  await preflight(parts, workDir)
  const note = keepStore(workDir, { store: options.store, etcdPort: options.ports.etcd })
  if (note !== undefined) say(note)
  if (!options.without.includes('gateway')) await ensureDashboard(say)
  renewChangedAgents(workDir, parts)
  say(`Starting ${parts.length} processes in ${workDir} …`)
  const supervisor = new Supervisor({ parts, workDir, keepTasks: values['keepTasks'] === true, say })
  const stop = stopRequested(() => {
    supervisor.killNow()
    process.exit(1)
  })
  await Promise.race([supervisor.start(), stop])
  await Promise.race([waitUntilServing(parts, workDir, login), stop])
  await tell(parts, workDir, login)
  say(`\nReady in ${((Date.now() - started) / 1000).toFixed(1)} s. Ctrl-C stops everything.`)
  await stop
  say(`\nStopping: frameworks, then agents with their tasks, then ${lastOf(options)} …`)
  await supervisor.stop()
  say('Stopped. The next start finds its apps and jobs again; --fresh forgets them.')
  process.exit(0)
}

const lastOf = ({ masters, store }: PlanOptions): string =>
  (masters === 1 ? 'the master' : 'the masters') + (store.type === 'etcd' ? ', then etcd' : '')
