/**
 * What a command task costs, through the v1 API of a real master and agent (goals P4, P5, P6):
 * launches a second, memory beside the command itself, time from submit to TASK_RUNNING. Prints one JSON line each.
 */
import { readFileSync } from 'node:fs'
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

const flags = ['--resources', resources, '--without', 'marathon', 'chronos', 'gateway']
// The rest of an offer comes back at the next allocation; a shorter interval measures us instead of that wait.
const cluster = await startCluster({ agents: 1, flags: [...flags, '--master-flag', 'allocation_interval=50ms'] })
try {
  const framework = new BenchFramework(`127.0.0.1:${cluster.ports.master}`)
  await framework.until(() => framework.hasOffer())
  const rates: number[] = []
  for (let round = 0; round < 6; round++) rates.push(await launchRate(framework, { count: 200, round }))
  const [warmUp, ...measured] = rates
  print({
    name: 'P4 launches per second, 200 `true` tasks on one agent',
    warmUp: rounded(warmUp ?? 0),
    median: rounded(quantile(measured, 0.5)),
    min: rounded(Math.min(...measured)),
    max: rounded(Math.max(...measured)),
  })
  const latencies = await submitToRunning(framework, 60)
  print({
    name: 'P6 submit to TASK_RUNNING, ms, warm agent',
    p50: rounded(quantile(latencies, 0.5)),
    p99: rounded(quantile(latencies, 0.99)),
    max: rounded(Math.max(...latencies)),
  })
  const memory = await memoryPerTask(framework, { count: 100, agentPid: cluster.pidOf('agent-1') })
  print({ name: 'P5 memory of a running `sleep` task beside the command, KiB', ...memory })
  if (framework.failures.length > 0) print({ failures: framework.failures.slice(0, 3) })
  await framework.close()
} finally {
  await cluster.remove()
}
