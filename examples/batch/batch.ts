/** A batch: inputs are worked off by executors of its own, several at a time; what fails is tried again. */
import { fileURLToPath } from 'node:url'
import { Framework, TaskError } from '@thermosphere/sdk'
import type { ExecutorSpec, Masters, Offer, Task, TaskSpec } from '@thermosphere/sdk'

export type BatchOptions = {
  readonly masters: Masters
  /** Ranges of numbers, as in `1-1000`. */
  readonly inputs: readonly string[]
  /** How often an input is tried; 3 unless given. */
  readonly attemptsMax?: number
}

const resources = { cpus: 0.1, memMib: 32 }

/** Agents on this machine can read the file; elsewhere it would come with `command: { uris: […] }`. */
const executor: ExecutorSpec = {
  id: 'primes',
  command: `exec '${process.execPath}' '${fileURLToPath(new URL('executor.ts', import.meta.url))}'`,
  resources: { cpus: 0.1, memMib: 64 },
}

const taskOf = (input: string): TaskSpec => ({ name: input, data: Buffer.from(input), executor, resources })

function tasksThatFit({ free }: Offer): number {
  const byCpus = (free.cpus - 0.1) / resources.cpus
  const byMemory = (free.memMib - 64) / resources.memMib
  return Math.max(0, Math.floor(Math.min(byCpus, byMemory)))
}

/** Resolves with how many primes each range has; rejects with the TaskError of an input that failed too often. */
export async function runBatch({ masters, inputs, attemptsMax = 3 }: BatchOptions): Promise<Map<string, number>> {
  const results = new Map<string, number>()
  const failureCounts = new Map<string, number>()
  const waiting = [...inputs]
  const framework = new Framework({ masters, name: 'batch' })
  let failure: TaskError | undefined

  async function follow(task: Task, input: string): Promise<void> {
    try {
      const { data = [] } = await task.finished()
      results.set(input, Number(Buffer.from(data).toString()))
    } catch (error) {
      // The end of the framework is told by its loop.
      if (!(error instanceof TaskError)) return
      const failureCount = (failureCounts.get(input) ?? 0) + 1
      failureCounts.set(input, failureCount)
      if (failureCount >= attemptsMax) failure ??= error
      waiting.push(input)
      framework.revive()
    }
    if (failure !== undefined || results.size === inputs.length) await framework.teardown()
  }

  await framework.start()
  // The teardown ends the loop.
  for await (const offer of framework.offers()) {
    const taken = waiting.splice(0, tasksThatFit(offer))
    const tasks = taken.length === 0 ? [] : await offer.launch(taken.map(taskOf))
    if (tasks === undefined) waiting.unshift(...taken)
    for (const [index, input] of taken.entries()) {
      const task = tasks?.[index]
      if (task !== undefined) void follow(task, input).catch(() => framework.close())
    }
    if (waiting.length === 0) framework.suppress()
  }
  if (failure !== undefined) throw failure
  return results
}
