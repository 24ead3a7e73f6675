/** The clusters that are put under faults. */
import type { FleetOptions } from '../parts/index.ts'

type Shape = Omit<FleetOptions, 'workDir'>

/** What `thermo up` starts by itself. */
export const single: Shape = { masters: 1, agents: 2, marathons: 1, chronoses: 1, etcds: 0 }

/** Three masters and members of etcd, two of each framework. */
export const group: Shape = { masters: 3, agents: 2, marathons: 2, chronoses: 2, etcds: 3 }

/** Wide enough that every time of a job falls into a moment when something works. */
export const schedule = { jobs: 3, intervalSeconds: 10, epsilonSeconds: 60, durationSeconds: 0.2 }

/** The same with the leases of leaders cut to 4 s, so that many can be killed. */
export const eagerGroup: Shape = {
  ...group,
  flags: {
    master: ['--zk_session_timeout=4secs'],
    marathon: ['--zk_session_timeout=4000'],
    chronos: ['--zk_timeout=4000'],
  },
}
