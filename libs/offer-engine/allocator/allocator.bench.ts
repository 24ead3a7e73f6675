/**
 * node libs/offer-engine/allocator/allocator.bench.ts [SITUATION [SIZE…]]
 * The situations of Mesos' own allocator benchmarks, each at three sizes and in a process of its own. One JSON line
 * each: times of one run in ms (wall, and CPU of the thread, which other work on the machine disturbs less), the longest
 * slice between two looks at the event loop, CPU seconds and peak memory of the whole process. Then the growth by each
 * parameter, with the others fixed.
 */
import { spawnSync } from 'node:child_process'
import { createRandom } from '@thermosphere/effects'
import { Resources } from '../resources/index.ts'
import { Allocator } from './allocator.ts'
import type { Allocation, SorterKind } from './types.ts'

const seed = 1
/** As the master cuts its runs. */
const workMax = 2_000
const yearMs = 365 * 86_400_000
const agentTotal = Resources.parse('cpus:24;mem:4096;disk:4096;ports:[31000-32000]')

interface Sample {
  readonly wallMs: number
  readonly cpuMs: number
  readonly longestSliceMs: number
}

const samples = new Map<string, Sample[]>()

/** As the master's loop takes inputs before it lets others in between. */
const turnMs = 8

/** Inputs one after the other, in turns like the master's. */
function measureInputs(step: string, count: number, input: (i: number) => void): void {
  measureSlices(step, (slice) => {
    for (let i = 0; i < count;) {
      slice(() => {
        const deadline = performance.now() + turnMs
        do input(i++)
        while (i < count && performance.now() < deadline)
      })
    }
  })
}

/** `work` does what is measured within calls of what it is given: the slices. */
function measureSlices<T>(step: string, work: (slice: <S>(part: () => S) => S) => T): T {
  let [wallMs, cpuMs, longestSliceMs] = [0, 0, 0]
  const result = work((part) => {
    const cpu = process.threadCpuUsage()
    const start = performance.now()
    const done = part()
    wallMs += performance.now() - start
    const { user, system } = process.threadCpuUsage(cpu)
    const sliceMs = (user + system) / 1000
    cpuMs += sliceMs
    longestSliceMs = Math.max(longestSliceMs, sliceMs)
    return done
  })
  const list = samples.get(step) ?? []
  samples.set(step, [...list, { wallMs, cpuMs, longestSliceMs }])
  return result
}

/** One allocation run in slices. */
function run(allocator: Allocator, step: string, now = allocator.nextBatchAt): Allocation[] {
  return measureSlices(step, (slice) => {
    const granted = [...slice(() => allocator.allocate(now, { workMax }))]
    while (allocator.isInRun) {
      for (const grant of slice(() => allocator.allocate(now, { batch: false, workMax }))) granted.push(grant)
    }
    return granted
  })
}

function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? 0
}

const rounded = (value: number): number => Math.round(value * 100) / 100

function report(situation: string, parameters: Record<string, number>): void {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  for (const [step, all] of samples) {
    const of = (key: keyof Sample, fraction: number): number =>
      rounded(
        quantile(
          all.map((sample) => sample[key]),
          fraction,
        ),
      )
    const figures = {
      count: all.length,
      median: of('wallMs', 0.5),
      p99: of('wallMs', 0.99),
      cpuMedian: of('cpuMs', 0.5),
      cpuP99: of('cpuMs', 0.99),
      longestSlice: of('longestSliceMs', 1),
      cpuSeconds: rounded((userCPUTime + systemCPUTime) / 1e6),
      peakMemoryMiB: Math.round(maxRSS / 1024),
    }
    console.log(JSON.stringify({ name: `allocator/${situation}/${step}`, ...parameters, seed, ...figures }))
  }
}

function addAgents(allocator: Allocator, count: number, from = 0): void {
  for (let i = from; i < from + count; i++) {
    allocator.addAgent({ id: `agent-${i}`, hostname: `h${i}`, total: agentTotal })
  }
}

function addFramework(allocator: Allocator, i: number, role: string): void {
  allocator.addFramework({ id: `framework-${i}`, roles: [role] })
}

function addFrameworks(allocator: Allocator, count: number, role: (i: number) => string): void {
  for (let i = 0; i < count; i++) addFramework(allocator, i, role(i))
}

function idleRuns(allocator: Allocator): void {
  for (let i = 0; i < 20; i++) run(allocator, 'nothing changed')
}

/** Every framework declines everything for a year until nothing is offered any more. */
function declines(agents: number, frameworks: number): void {
  const allocator = new Allocator({ random: createRandom(seed) })
  addAgents(allocator, agents)
  addFrameworks(allocator, frameworks, (i) => `role-${i}`)
  let granted = allocator.allocate(0)
  for (let round = 1; granted.length > 0; round++) {
    const now = allocator.nextBatchAt - 1
    for (const allocation of granted) allocator.recover(allocation, { refuseMs: yearMs, now })
    granted = run(allocator, round < frameworks ? 'all decline' : 'all filters stand')
  }
  idleRuns(allocator)
}

function firstRun(agents: number, frameworks: number): void {
  for (let i = 0; i < 5; i++) {
    const allocator = new Allocator({ random: createRandom(seed) })
    addAgents(allocator, agents)
    addFrameworks(allocator, frameworks, () => '*')
    run(allocator, 'first run', 0)
  }
}

/** `kinds`: how many different sizes agents have. */
function oneByOne(agents: number, frameworks: number, kinds: number): void {
  const allocator = new Allocator({ random: createRandom(seed) })
  const totals = Array.from({ length: kinds }, (_, i) => Resources.parse(`cpus:${24 + i};mem:${4096 + 77 * i * i}`))
  addFrameworks(allocator, frameworks, () => '*')
  allocator.allocate(0)
  const total = (i: number): Resources => totals[i % kinds] ?? agentTotal
  const allAgents = (step: string, change: (id: string, i: number) => void): void =>
    measureInputs(step, agents, (i) => {
      change(`agent-${i}`, i)
      allocator.allocate(0)
    })
  allAgents('all come', (id, i) => allocator.addAgent({ id, hostname: id, total: total(i) }))
  allAgents('all are updated', (id, i) => allocator.updateAgent(id, { total: total(i) }))
}

/** As many agents as roles with a framework each; a third of the roles have large guarantees, the others small ones. */
function quotaGrid(size: number): void {
  const allocator = new Allocator({ random: createRandom(seed) })
  for (let i = 0; i < size; i++) {
    const cpus = i % 3 === 0 ? 24_000 : 1_000
    allocator.setQuota(`role-${i}`, { guarantees: new Map([['cpus', cpus]]), limits: new Map() })
  }
  addAgents(allocator, size)
  measureInputs('frameworks come', size, (i) => addFramework(allocator, i, `role-${i}`))
  const granted = run(allocator, 'busy', 0)
  idleRuns(allocator)
  for (const grant of granted.slice(0, 20)) {
    const task = Resources.parse('cpus:0.5').allocatedTo(grant.role)
    if (grant.resources.contains(task)) allocator.recover({ ...grant, resources: task }, { now: 0 })
    run(allocator, 'a task ended')
  }
}

/** Nine of ten frameworks are small, one is large; 80 agents; until every task has its place. */
function placement(frameworks: number, sorter: SorterKind): void {
  const allocator = new Allocator({ random: createRandom(seed), frameworkSorter: sorter, roleSorter: sorter })
  for (let i = 0; i < 80; i++) {
    allocator.addAgent({ id: `a${i}`, hostname: `a${i}`, total: Resources.parse('cpus:64;mem:488000;disk:1000000') })
  }
  const largeCount = Math.ceil(frameworks / 10)
  const waiting = new Map<string, { count: number; task: Resources }>()
  for (let i = 0; i < frameworks; i++) {
    const isLarge = i % 10 === 0
    const task = Resources.parse(isLarge ? 'cpus:4;mem:16000' : 'cpus:0.5;mem:2000').allocatedTo('*')
    waiting.set(`f${i}`, { count: Math.ceil(isLarge ? 500 / largeCount : 3_600 / (frameworks - largeCount)), task })
    allocator.addFramework({ id: `f${i}`, roles: ['*'] })
  }
  while (waiting.size > 0) {
    for (const grant of run(allocator, sorter)) place(allocator, grant, waiting)
  }
}

function place(
  allocator: Allocator,
  grant: Allocation,
  waiting: Map<string, { count: number; task: Resources }>,
): void {
  const tasks = waiting.get(grant.frameworkId)
  let { resources } = grant
  for (; tasks && tasks.count > 0 && resources.contains(tasks.task); tasks.count--) {
    resources = resources.subtract(tasks.task)
  }
  allocator.recover({ ...grant, resources }, { refuseMs: 5_000, now: allocator.nextBatchAt - 1 })
  if (tasks?.count !== 0) return
  waiting.delete(grant.frameworkId)
  allocator.suppress(grant.frameworkId)
}

interface Situation {
  readonly sizes: readonly (readonly number[])[]
  readonly names: readonly string[]
  readonly play: (...size: number[]) => void
}

const situations: Record<string, Situation> = {
  declines: {
    sizes: [
      [1_000, 50],
      [5_000, 50],
      [20_000, 50],
    ],
    names: ['agents', 'frameworks'],
    play: (agents = 0, frameworks = 0) => declines(agents, frameworks),
  },
  'first-run': {
    sizes: [1_000, 10_000, 50_000].flatMap((agents) => [1, 1_000, 6_000].map((frameworks) => [agents, frameworks])),
    names: ['agents', 'frameworks'],
    play: (agents = 0, frameworks = 0) => firstRun(agents, frameworks),
  },
  'one-by-one': {
    sizes: [
      [1_000, 1_000, 1],
      [10_000, 1_000, 1],
      [50_000, 1_000, 1],
      [10_000, 1, 1],
      [10_000, 6_000, 1],
      [10_000, 1_000, 3],
      [10_000, 1_000, 20],
    ],
    names: ['agents', 'frameworks', 'kinds'],
    play: (agents = 0, frameworks = 0, kinds = 1) => {
      for (let i = 0; i < 3; i++) oneByOne(agents, frameworks, kinds)
    },
  },
  'quota-grid': {
    sizes: [[30], [300], [3_000]],
    names: ['size'],
    play: (size = 0) => {
      for (let i = 0; i < 3; i++) quotaGrid(size)
    },
  },
  placement: {
    sizes: [[10], [100], [1_000]],
    names: ['frameworks'],
    play: (frameworks = 0) => {
      placement(frameworks, 'drf')
      placement(frameworks, 'random')
    },
  },
}

/** What one size printed: a step, its size and its time. */
interface Line {
  readonly name: string
  readonly size: readonly number[]
  readonly cpuMedian: number
}

/** Every size in a process of its own; what it prints is passed on. */
function playAll(name: string, { sizes, names }: Situation): void {
  const lines = sizes.flatMap((size): Line[] => {
    const { stdout } = spawnSync(process.execPath, [import.meta.filename, name, ...size.map(String)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    process.stdout.write(stdout)
    const printed = stdout.trim().split('\n').filter(Boolean)
    return printed.map((line) => ({ ...(JSON.parse(line) as Pick<Line, 'name' | 'cpuMedian'>), size }))
  })
  for (const [at, parameter] of names.entries()) reportGrowth(lines, { at, parameter, names })
}

interface Axis {
  readonly at: number
  readonly parameter: string
  readonly names: readonly string[]
}

/** How many times as long a step takes as with the next smaller value of the parameter. */
function reportGrowth(lines: readonly Line[], { at, parameter, names }: Axis): void {
  const others = (line: Line): number[] => line.size.toSpliced(at, 1)
  const rows = Map.groupBy(lines, (line) => JSON.stringify([line.name, others(line)]))
  for (const row of rows.values()) {
    const [first, ...rest] = row.toSorted((a, b) => (a.size[at] ?? 0) - (b.size[at] ?? 0))
    if (!first || rest.length === 0) continue
    const fixed = Object.fromEntries(names.toSpliced(at, 1).map((name, i) => [name, others(first)[i]]))
    const all = [first, ...rest]
    const cpuMedianGrowth = rest.map(({ cpuMedian }, i) => rounded(cpuMedian / Math.max(0.01, all[i]?.cpuMedian ?? 0)))
    console.log(
      JSON.stringify({ name: first.name, ...fixed, [parameter]: all.map(({ size }) => size[at]), cpuMedianGrowth }),
    )
  }
}

const [chosen, ...size] = process.argv.slice(2)
const situation = chosen === undefined ? undefined : situations[chosen]
if (chosen !== undefined && !situation) throw new Error(`situations are ${Object.keys(situations).join(', ')}`)
if (chosen !== undefined && situation && size.length > 0) {
  const parameters = size.map((value, i) => [situation.names[i] ?? '', Number(value)] as const)
  // The compiler warms up on a small cluster.
  situation.play(...size.map((value) => Math.max(1, Math.ceil(Number(value) / 20))))
  samples.clear()
  situation.play(...size.map(Number))
  report(chosen, Object.fromEntries(parameters))
} else {
  for (const [name, one] of Object.entries(situations)) if (one === (situation ?? one)) playAll(name, one)
}
