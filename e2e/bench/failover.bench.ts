/**
 * P7 over real gRPC: from a new leader until all agents are registered with it again, with their tasks. The leader is
 * killed; `sinceElectionMs` begins with the election of the next one, `sinceKillMs` has its start and the old lease.
 */
import { conditions, fleet, Growth, print, sizesOr } from './fleets.ts'

const failovers = 3
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

async function measure(tasksEach: number, sizes: readonly number[]): Promise<void> {
  const growth = new Growth()
  const cpuGrowth = new Growth()
  for (const agents of sizes) {
    const counts = [`--agents=${agents}`, `--tasks=${agents * tasksEach}`, `--failovers=${failovers}`]
    const { joining, failovers: all } = await fleet([...counts, '--hold=5secs'])
    const sinceElectionMs = all.map(({ sinceElectionMs: ms = Number.NaN }) => ms)
    const cpuSeconds = median(all.map(({ master }) => master.cpuSeconds))
    print({
      name: 'P7 failover over gRPC',
      ...conditions(),
      agents,
      tasks: agents * tasksEach,
      joiningMs: joining.registeredMs.max,
      joiningMasterCpuSeconds: joining.master.cpuSeconds,
      sinceElectionMs: { median: median(sinceElectionMs), all: sinceElectionMs },
      sinceKillMs: median(all.map(({ sinceKillMs }) => sinceKillMs)),
      masterCpuSeconds: cpuSeconds,
      masterPeakMib: Math.max(...all.map(({ master }) => master.peakMib)),
      eventLoopMs: all.at(-1)?.master.eventLoopMs,
      growth: growth.next(agents, median(sinceElectionMs)),
      cpuGrowth: cpuGrowth.next(agents, cpuSeconds),
    })
  }
}

const sizes = sizesOr([1_000, 5_000, 10_000])
await measure(5, sizes)
// Few agents with many tasks each.
await measure(
  100,
  sizes.map((agents) => Math.ceil(agents / 5)),
)
