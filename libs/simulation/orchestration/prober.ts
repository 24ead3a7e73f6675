/** Health checks of simulated tasks: a task answers while it runs and can be reached, and is sick now and then. */
import type { Random } from '@thermosphere/effects'
import type { Probe, ProbeOutcome } from '@thermosphere/marathon-core'
import type { Machine } from '../hosts/agent/machine.ts'
import type { Network, SimProcess } from '../kernel/index.ts'

type ProberOptions = {
  readonly network: Network
  readonly machines: ReadonlyMap<string, Machine>
  readonly random: Random
}

const probeMs = 30
/** One probe of so many finds a task sick. */
const sickOneIn = 25

export class Prober {
  readonly #options: ProberOptions
  #isHealed = false

  constructor(options: ProberOptions) {
    this.#options = options
  }

  heal(): void {
    this.#isHealed = true
  }

  of(process: SimProcess) {
    return (_probe: Probe, taskId: string, done: (outcome: ProbeOutcome) => void): void => {
      process.after(probeMs, () => {
        if (this.#answers(process, taskId)) done({ kind: 'http', status: 200, contentType: 'text/plain', body: '' })
        else done({ kind: 'failed', reason: 'connection refused' })
      })
    }
  }

  #answers(process: SimProcess, taskId: string): boolean {
    const { network, machines, random } = this.#options
    const machine = [...machines.values()].find((one) => one.runningTasks().includes(taskId))
    if (machine === undefined || network.isBlocked(process.name, machine.name)) return false
    return this.#isHealed || random.integer(sickOneIn) > 0
  }
}
