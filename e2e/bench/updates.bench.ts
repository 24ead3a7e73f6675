/**
 * P9: status updates from agents to a scheduler that makes them durable before it acknowledges them. A thousand agents
 * run tasks that end and are replaced: three updates each. Sizes are updates a second.
 */
import { conditions, fleet, Growth, print, sizesOr } from './fleets.ts'

const agents = 1_000
const taskSeconds = 10
const updatesATask = 3

for (const store of ['sqlite', 'etcd'] as const) {
  const growth = new Growth()
  for (const wanted of sizesOr([300, 1_000, 5_000])) {
    const tasks = Math.ceil((wanted * taskSeconds) / updatesATask)
    const load = [`--tasks=${tasks}`, `--task-seconds=${taskSeconds}`, '--durable-updates', '--hold=30secs']
    const { holding } = await fleet([`--agents=${agents}`, `--store=${store}`, ...load])
    const { seconds, updatesASecond, acknowledgedMs, master } = holding
    print({
      name: 'P9 status updates',
      ...conditions(),
      store,
      wantedASecond: wanted,
      updatesASecond,
      acknowledgedMs,
      masterCpuMsAnUpdate: Math.round((master.cpuSeconds / seconds / updatesASecond) * 1e5) / 100,
      masterPeakMib: master.peakMib,
      eventLoopMs: master.eventLoopMs,
      growth: growth.next(updatesASecond, master.cpuSeconds),
    })
  }
}
