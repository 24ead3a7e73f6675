/** Kills of tasks, repeated until they have ended: an agent that was away has not heard the first. */
import type { mesos, scheduler } from '@thermosphere/protocol'
import { KILL_AGAIN_MAX_MS, KILL_AGAIN_MIN_MS } from '../limits.ts'
import type { KillOptions, Task } from './task.ts'

type Kill = { readonly call: scheduler.Call_Kill; timer: NodeJS.Timeout | undefined; waitMs: number }

const nanosecondsPerMs = 1_000_000

function killPolicy({ graceMs }: KillOptions): { readonly kill_policy?: mesos.KillPolicy } {
  if (graceMs === undefined) return {}
  return { kill_policy: { grace_period: { nanoseconds: Math.round(graceMs * nanosecondsPerMs) } } }
}

export class Killer {
  readonly #send: (kill: scheduler.Call_Kill) => void
  readonly #kills = new Map<string, Kill>()

  /** `send` may lose a call. */
  constructor(send: (kill: scheduler.Call_Kill) => void) {
    this.#send = send
  }

  kill(task: Task, options: KillOptions): void {
    this.forget(task.id)
    const agent = task.agentId === undefined ? {} : { agent_id: { value: task.agentId } }
    const call = { task_id: { value: task.id }, ...agent, ...killPolicy(options) }
    const kill: Kill = { call, timer: undefined, waitMs: KILL_AGAIN_MIN_MS }
    this.#kills.set(task.id, kill)
    this.#sendNow(kill)
  }

  /** To a master that may not have heard of any. */
  repeat(): void {
    for (const kill of this.#kills.values()) {
      kill.waitMs = KILL_AGAIN_MIN_MS
      this.#sendNow(kill)
    }
  }

  forget(taskId: string): void {
    clearTimeout(this.#kills.get(taskId)?.timer)
    this.#kills.delete(taskId)
  }

  close(): void {
    for (const taskId of [...this.#kills.keys()]) this.forget(taskId)
  }

  #sendNow(kill: Kill): void {
    clearTimeout(kill.timer)
    kill.timer = setTimeout(() => this.#sendNow(kill), kill.waitMs)
    kill.waitMs = Math.min(KILL_AGAIN_MAX_MS, kill.waitMs * 2)
    this.#send(kill.call)
  }
}
