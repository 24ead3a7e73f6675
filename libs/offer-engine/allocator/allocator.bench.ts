/**
 * node libs/offer-engine/allocator/allocator.bench.ts [scale]
 * Times of the allocator in the situations that large clusters meet; `scale` (default 1) divides the sizes.
 */
import { createRandom } from '@thermosphere/effects'
import { Resources } from '../resources/index.ts'
import { Allocator } from './allocator.ts'
import type { Allocation } from './types.ts'

const scale = Number(process.argv[2] ?? 1)
const sized = (count: number): number => Math.max(1, Math.round(count / scale))
const agentTotal = Resources.parse('cpus:24;mem:4096;disk:4096;ports:[31000-32000]')
const yearMs = 365 * 86_400_000

function milliseconds(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

function report(name: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0
  console.log(`${name.padEnd(64)} ${middle.toFixed(2).padStart(9)} ms (max ${(sorted.at(-1) ?? 0).toFixed(2)})`)
}

function addAgents(allocator: Allocator, count: number, from = 0): void {
  for (let i = from; i < from + count; i++)
    allocator.addAgent({ id: `agent-${i}`, hostname: `h${i}`, total: agentTotal })
}

function addFrameworks(allocator: Allocator, count: number, role: (i: number) => string): void {
  for (let i = 0; i < count; i++) allocator.addFramework({ id: `framework-${i}`, roles: [role(i)] })
}

function decline(allocator: Allocator, granted: readonly Allocation[], now: number): void {
  for (const allocation of granted) allocator.recover(allocation, { refuseMs: yearMs, now })
}

function declineAll(agents: number, frameworks: number): void {
  const allocator = new Allocator({ random: createRandom(1) })
  addAgents(allocator, agents)
  addFrameworks(allocator, frameworks, (i) => `role-${i}`)
  const times: number[] = []
  let now = 0
  for (let granted = allocator.allocate(now); granted.length > 0;) {
    decline(allocator, granted, now)
    now = allocator.nextBatchAt
    times.push(milliseconds(() => (granted = allocator.allocate(now))))
  }
  const last = times.pop() ?? 0
  report(`${agents} agents × ${frameworks} frameworks: a run while all decline`, times)
  report(`${agents} agents × ${frameworks} frameworks: the run when all filters stand`, [last])
  report(`${agents} agents × ${frameworks} frameworks: a run when nothing changed`, idleRuns(allocator))
}

function idleRuns(allocator: Allocator): number[] {
  return Array.from({ length: 20 }, () => milliseconds(() => void allocator.allocate(allocator.nextBatchAt)))
}

function oneRole(agents: number, frameworks: number): void {
  const times = Array.from({ length: 5 }, () => {
    const allocator = new Allocator({ random: createRandom(1) })
    addAgents(allocator, agents)
    addFrameworks(allocator, frameworks, () => '*')
    return milliseconds(() => void allocator.allocate(0))
  })
  report(`${agents} agents, ${frameworks} frameworks in one role: the first run`, times)
}

function oneByOne(agents: number, frameworks: number): void {
  const allocator = new Allocator({ random: createRandom(1) })
  addFrameworks(allocator, frameworks, () => '*')
  allocator.allocate(0)
  const adding = milliseconds(() => {
    for (let i = 0; i < agents; i++) {
      addAgents(allocator, 1, i)
      allocator.allocate(0)
    }
  })
  report(`${frameworks} frameworks: ${agents} agents come one by one, a run each`, [adding])
  const updating = milliseconds(() => {
    for (let i = 0; i < agents; i++) {
      allocator.updateAgent(`agent-${i}`, { total: agentTotal })
      allocator.allocate(0)
    }
  })
  report(`${frameworks} frameworks: ${agents} agents are updated one by one, a run each`, [updating])
}

function quotaGrid(size: number): void {
  const allocator = new Allocator({ random: createRandom(1) })
  for (let i = 0; i < size; i++) {
    const cpus = i % 3 === 0 ? 24_000 : 1_000
    allocator.setQuota(`role-${i}`, { guarantees: new Map([['cpus', cpus]]), limits: new Map() })
  }
  addAgents(allocator, size)
  const adding = milliseconds(() => addFrameworks(allocator, size, (i) => `role-${i}`))
  report(`quota grid of ${size}: adding the frameworks`, [adding])
  report(`quota grid of ${size}: the busy run`, [milliseconds(() => void allocator.allocate(0))])
  report(`quota grid of ${size}: a run when nothing changed`, idleRuns(allocator))
}

declineAll(sized(1000), 50)
declineAll(sized(5000), 50)
oneRole(sized(10_000), sized(1000))
oneByOne(sized(10_000), sized(1000))
quotaGrid(sized(300))
quotaGrid(sized(3000))
