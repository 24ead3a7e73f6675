/** Many seeds over several processes. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { RunOptions } from './config.ts'
import { Totals } from './totals.ts'
import type { Ran } from './worker.ts'

export type SeedsResult = { readonly totals: Totals; readonly failed: readonly Ran[] }

const seedsDefault = 200
const progressMs = 15_000
/** There is no use in more; the first is looked at anyway. */
const failedMax = 10

export async function runSeeds(options: RunOptions, say: (text: string) => void): Promise<SeedsResult> {
  const { from, every, minutes, workers } = options
  const count = options.seeds ?? (minutes === undefined ? seedsDefault : Infinity)
  const deadline = minutes === undefined ? Infinity : Date.now() + minutes * 60_000
  const totals = new Totals()
  const failed: Ran[] = []
  let taken = 0
  const take = (): number | undefined => {
    const isOver = taken >= count || Date.now() >= deadline || failed.length >= failedMax
    return isOver ? undefined : from + every * taken++
  }
  const progress = setInterval(() => say(`… ${totals.seeds} seeds, ${failed.length} failed`), progressMs)
  const onRan = (ran: Ran): void => {
    totals.add(ran.outcome)
    const { violation } = ran.outcome
    if (violation === undefined) return
    failed.push(ran)
    say(`seed ${ran.seed} violates ${violation.invariant}: ${violation.message}`)
  }
  try {
    await Promise.all(Array.from({ length: workers }, () => work(take, onRan)))
  } finally {
    clearInterval(progress)
  }
  return { totals, failed }
}

async function work(take: () => number | undefined, onRan: (ran: Ran) => void): Promise<void> {
  const child = fork(new URL('worker.ts', import.meta.url))
  try {
    for (let seed = take(); seed !== undefined; seed = take()) onRan(await ask(child, seed))
  } finally {
    child.disconnect()
  }
}

function ask(child: ChildProcess, seed: number): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`the worker of seed ${seed} ended with ${code}`))
    child.once('exit', onExit)
    // Only our own worker is at the other end.
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message as Ran)
    })
    child.send(seed)
  })
}
