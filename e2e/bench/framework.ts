/** A framework for measuring: launches command tasks on one agent as fast as offers come, and notes when they changed. */
import { terminalTaskStates } from '@thermosphere/protocol'
import type { mesos, scheduler } from '@thermosphere/protocol'
import { SchedulerClient } from '@thermosphere/protocol/node'
import { commandTask, frameworkInfo, HeldOffers } from '../harness/v1-framework.ts'

type Times = { launchedAt: number; runningAt?: number; endedAt?: number }

const name = 'bench'
const cpusOfTask = 0.01

export class BenchFramework {
  readonly times = new Map<string, Times>()
  readonly failures: string[] = []
  readonly #client: SchedulerClient
  readonly #queue: { readonly id: string; readonly command: string }[] = []
  readonly #offers = new HeldOffers()
  #wake: () => void = () => undefined
  #isClosing = false

  constructor(master: string) {
    this.#client = new SchedulerClient({
      masters: [master],
      frameworkInfo: () => frameworkInfo({ name }),
      onEvent: (event) => this.#onEvent(event),
      onFatal: (message) => {
        if (!this.#isClosing) throw new Error(message)
      },
    })
    this.#client.start()
  }

  launch(id: string, command: string): void {
    this.#queue.push({ id, command })
    // Whatever is asked for in this turn goes out together.
    setImmediate(() => this.#place())
  }

  /** Resolves once `done` holds; looked at after every event. */
  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  hasOffer = (): boolean => !this.#offers.isEmpty

  async close(): Promise<void> {
    this.#isClosing = true
    // Sent again when the answer was lost with the stream, the call finds no framework any more.
    await this.#client.call({ type: 'TEARDOWN' }).catch(() => undefined)
    await this.#client.close()
  }

  #onEvent(event: scheduler.Event): void {
    this.#offers.onEvent(event)
    if (event.update !== undefined) this.#onStatus(event.update.status)
    this.#place()
    this.#wake()
  }

  #onStatus(status: mesos.TaskStatus): void {
    const now = performance.now()
    const times = this.times.get(status.task_id.value)
    if (times !== undefined && status.state === 'TASK_RUNNING') times.runningAt ??= now
    if (times !== undefined && terminalTaskStates.has(status.state)) times.endedAt ??= now
    if (terminalTaskStates.has(status.state) && status.state !== 'TASK_FINISHED')
      this.failures.push(status.message ?? status.state)
    this.#client.acknowledge(status).catch(() => undefined)
  }

  /** Everything that fits one offer goes out in one ACCEPT; the rest of the offer comes back at once. */
  #place(): void {
    const offer = this.#queue.length > 0 ? this.#offers.take() : undefined
    if (offer === undefined) return
    const cpus = (offer.resources ?? []).find(({ name }) => name === 'cpus')?.scalar?.value ?? 0
    const chosen = this.#queue.splice(0, Math.floor(cpus / cpusOfTask + 1e-6))
    const now = performance.now()
    for (const { id } of chosen) this.times.set(id, { launchedAt: now })
    const tasks = chosen.map((task) => commandTask(offer, { ...task, role: name, cpus: cpusOfTask, memMib: 8 }))
    this.#client
      .call({
        type: 'ACCEPT',
        accept: {
          offer_ids: [offer.id],
          operations: [{ type: 'LAUNCH', launch: { task_infos: tasks } }],
          filters: { refuse_seconds: 0 },
        },
      })
      .catch((error: unknown) => this.failures.push(String(error)))
  }
}
