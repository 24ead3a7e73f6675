/**
 * What a task costs in each kind of isolation: launches a second (launch, `true`, wait, destroy), the time from launch to
 * the running command, and the memory of supervisors beside that of the commands. One JSON line each; no sockets.
 */
import { readFileSync } from 'node:fs'
import { createWorkbench } from './testing/workbench.ts'
import { listProcesses, processTree } from './process/process-table.ts'
import type { ContainerHandle } from './containerizer.ts'
import type { Workbench } from './testing/workbench.ts'

const ROUNDS = 5
const LAUNCHES = 200
const SIZES = [10, 50, 200]

const quantile = (values: readonly number[], fraction: number): number => {
  const ordered = values.toSorted((a, b) => a - b)
  return ordered[Math.min(ordered.length - 1, Math.floor(fraction * ordered.length))] ?? Number.NaN
}
const round = (value: number): number => Math.round(value * 100) / 100
const print = (figures: object): void => void process.stdout.write(`${JSON.stringify(figures)}\n`)

async function launchRate(bench: Workbench): Promise<number> {
  const startedAt = performance.now()
  const runOne = async (): Promise<void> => {
    const { containerId } = await bench.launch('true')
    await bench.containerizer.wait(containerId)
    await bench.containerizer.destroy(containerId)
  }
  await Promise.all(Array.from({ length: LAUNCHES }, runOne))
  return (LAUNCHES / (performance.now() - startedAt)) * 1000
}

/** Proportional set size: shared pages are counted once over all who share them. */
function pssKib(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
}

function memoryOf(handle: ContainerHandle): { readonly command: number; readonly overhead: number } {
  const tree = processTree(listProcesses(), handle).map(({ pid }) => pid)
  const isSleep = (pid: number): boolean => readFileSync(`/proc/${String(pid)}/comm`, 'utf8') === 'sleep\n'
  const sum = (pids: readonly number[]): number => pids.reduce((total, pid) => total + pssKib(pid), 0)
  return { command: sum(tree.filter(isSleep)), overhead: sum([handle.pid, ...tree.filter((pid) => !isSleep(pid))]) }
}

for (const mode of process.geteuid?.() === 0 ? (['posix', 'linux'] as const) : (['posix'] as const)) {
  const bench = await createWorkbench({ mode })
  await launchRate(bench)
  const cpuBefore = process.cpuUsage()
  const rates: number[] = []
  for (let i = 0; i < ROUNDS; i++) rates.push(await launchRate(bench))
  const cpu = process.cpuUsage(cpuBefore)
  const cpuMs = (cpu.user + cpu.system) / 1000 / ROUNDS / LAUNCHES
  const figures = {
    median: round(quantile(rates, 0.5)),
    min: round(Math.min(...rates)),
    max: round(Math.max(...rates)),
  }
  print({
    name: 'isolation launches',
    unit: '1/s',
    mode,
    launches: LAUNCHES,
    ...figures,
    ownCpuMsPerLaunch: round(cpuMs),
  })

  const times: number[] = []
  const handles: ContainerHandle[] = []
  for (const size of SIZES) {
    while (handles.length < size) {
      const startedAt = performance.now()
      handles.push(await bench.launch('sleep 600'))
      times.push(performance.now() - startedAt)
    }
    const overheads = handles.map((handle) => memoryOf(handle).overhead)
    print({ name: 'isolation memory', unit: 'KiB PSS', mode, running: size, median: quantile(overheads, 0.5) })
  }
  const latency = { median: round(quantile(times, 0.5)), p99: round(quantile(times, 0.99)) }
  print({ name: 'isolation launch', unit: 'ms', mode, ...latency })
  await bench.close()
}
