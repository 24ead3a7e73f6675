/**
 * What a command task costs, through the v1 API of a real master and agent (goals P4, P5, P6):
 * launches a second, memory beside the command itself, time from submit to TASK_RUNNING. One JSON line each, for tasks
 * that are isolated by cgroups and namespaces (as root) and for plain processes.
 */
import { readFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { startCluster } from '../harness/cluster.ts'
import { processes } from '../harness/processes.ts'
import { BenchFramework } from './framework.ts'

const resources = 'cpus:8;mem:16384;disk:100000;ports:[31000-32000]'
const quantile = (values: readonly number[], fraction: number): number => {
  const ordered = values.toSorted((a, b) => a - b)
  return ordered[Math.min(ordered.length - 1, Math.floor(fraction * ordered.length))] ?? Number.NaN
}
const print = (figures: object): void => void process.stdout.write(`${JSON.stringify(figures)}\n`)
const rounded = (value: number): number => Math.round(value * 100) / 100

async function launchRate(
  framework: BenchFramework,
  { count, round }: { count: number; round: number },
): Promise<number> {
  const ids = Array.from({ length: count }, (_, index) => `true-${round}-${index}`)
  const started = performance.now()
  for (const id of ids) framework.launch(id, 'true')
  await framework.until(() => ids.every((id) => framework.times.get(id)?.endedAt !== undefined))
  return (count / (performance.now() - started)) * 1000
}

/** Proportional set size, in KiB: shared pages are counted once over all who share them. */
const pssKib = (pid: number): number => {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Every process that came with the tasks, the command's own apart. */
function taskProcesses(marker: string): { readonly own: number[]; readonly others: number[] } {
  const all = processes()
  const own = all.filter(({ command }) => command === `sleep ${marker}`).map(({ pid }) => pid)
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]))
  const others = new Set<number>()
  for (const pid of own) {
    for (let up = parents.get(pid); up !== undefined && up > 1; up = parents.get(up)) {
      const command = all.find((one) => one.pid === up)?.command ?? ''
      if (command.includes('main.ts')) break
      others.add(up)
    }
  }
  return { own, others: [...others] }
}

async function memoryPerTask(framework: BenchFramework, options: { count: number; agentPid: number }): Promise<object> {
  const { count, agentPid } = options
  const marker = '98765'
  const before = pssKib(agentPid)
  const ids = Array.from({ length: count }, (_, index) => `sleep-${index}`)
  for (const id of ids) framework.launch(id, `exec sleep ${marker}`)
  await framework.until(() => ids.every((id) => framework.times.get(id)?.runningAt !== undefined))
  await delay(2000)
  const { own, others } = taskProcesses(marker)
  const sum = (pids: readonly number[]): number => pids.map(pssKib).reduce((total, kib) => total + kib, 0)
  return {
    tasks: own.length,
    processesBeside: others.length,
    besideKibPerTask: rounded(sum(others) / count),
    commandKibPerTask: rounded(sum(own) / count),
    agentGrowthKibPerTask: rounded((pssKib(agentPid) - before) / count),
  }
}

async function submitToRunning(framework: BenchFramework, count: number): Promise<number[]> {
  const latencies: number[] = []
  for (let index = 0; index < count; index++) {
    await framework.until(() => framework.hasOffer())
    const id = `warm-${index}`
    framework.launch(id, 'sleep 0.05')
    await framework.until(() => framework.times.get(id)?.endedAt !== undefined)
    const times = framework.times.get(id)
    if (times?.runningAt !== undefined) latencies.push(times.runningAt - times.launchedAt)
  }
  return latencies
}

type Isolation = 'linux' | 'posix'
type Bench = {
  readonly framework: BenchFramework
  readonly isolation: Isolation
  readonly agentPid: number
  readonly masterPid: number
}

/** Time on a processor, of one process with its threads; the kernel counts in hundredths of a second. */
function cpuMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

async function measureRate({ framework, isolation, agentPid, masterPid }: Bench): Promise<void> {
  const count = 200
  const warmUp = await launchRate(framework, { count, round: 0 })
  const cpu = (): number[] => [agentPid, masterPid, process.pid].map(cpuMs)
  const before = cpu()
  const measured: number[] = []
  for (let round = 1; round < 6; round++) measured.push(await launchRate(framework, { count, round }))
  const [agent, master, own] = cpu().map((ms, index) => rounded((ms - (before[index] ?? 0)) / count / measured.length))
  print({
    name: 'P4 launches per second, 200 `true` tasks on one agent',
    isolation,
    warmUp: rounded(warmUp),
    median: rounded(quantile(measured, 0.5)),
    min: rounded(Math.min(...measured)),
    max: rounded(Math.max(...measured)),
    cpuMsPerTask: { agent, master, framework: own },
  })
}

async function measureLatency({ framework, isolation }: Bench): Promise<void> {
  const latencies = await submitToRunning(framework, 60)
  print({
    name: 'P6 submit to TASK_RUNNING, ms, warm agent',
    isolation,
    p50: rounded(quantile(latencies, 0.5)),
    p99: rounded(quantile(latencies, 0.99)),
    max: rounded(Math.max(...latencies)),
  })
}

async function measureMemory({ framework, isolation, agentPid }: Bench): Promise<void> {
  const memory = await memoryPerTask(framework, { count: 100, agentPid })
  print({ name: 'P5 memory of a running `sleep` task beside the command, KiB', isolation, ...memory })
}

async function measure(isolation: Isolation): Promise<void> {
  const flags = ['--resources', resources, '--without', 'marathon', 'chronos', 'gateway']
  // The rest of an offer comes back at the next allocation; a shorter interval measures us instead of that wait.
  flags.push('--master-flag', 'allocation_interval=50ms', '--agent-flag', `isolation=${isolation}`)
  const cluster = await startCluster({ agents: 1, flags })
  try {
    const framework = new BenchFramework(`127.0.0.1:${cluster.ports.master}`)
    await framework.until(() => framework.hasOffer())
    const pids = { agentPid: cluster.pidOf('agent-1'), masterPid: cluster.pidOf('master') }
    const bench = { framework, isolation, ...pids }
    await measureRate(bench)
    await measureLatency(bench)
    await measureMemory(bench)
    if (framework.failures.length > 0) print({ isolation, failures: framework.failures.slice(0, 3) })
    await framework.close()
  } finally {
    await cluster.remove()
  }
}

print({ loadAverage: loadavg().map(rounded), cpus: availableParallelism() })
for (const isolation of process.geteuid?.() === 0 ? (['linux', 'posix'] as const) : (['posix'] as const))
  await measure(isolation)
