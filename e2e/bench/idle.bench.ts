/** P10: what a master uses for agents that do nothing. */
import { conditions, fleet, Growth, print, sizesOr } from './fleets.ts'

const growth = new Growth()
for (const agents of sizesOr([1_000, 5_000, 10_000])) {
  const { joining, fleet: own, holding } = await fleet([`--agents=${agents}`, '--hold=60secs'])
  const { cpuPercent, rssMib, peakMib, eventLoopMs } = holding.master
  print({
    name: 'P10 idle master',
    ...conditions(),
    agents,
    registeredMs: joining.registeredMs,
    joiningMasterCpuSeconds: joining.master.cpuSeconds,
    joiningEventLoopMs: joining.master.eventLoopMs,
    cpuPercent,
    rssMib,
    peakMib,
    eventLoopMs,
    fleetKibAnAgent: own.kibAnAgent,
    growth: growth.next(agents, cpuPercent),
  })
}
