/** What was asked for and what came of it, in the form that the checkers read. */
import type { AppVersion, JobDefinition, TaskReport, Write } from '@thermosphere/simulation'
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer, Caller } from './caller.ts'
import type { TaskRecord } from './record.ts'

export type WriteRequest = {
  readonly subject: string
  readonly value: string | undefined
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

export class History {
  readonly writes: Write[] = []
  readonly definitions: JobDefinition[] = []
  readonly versions: AppVersion[] = []
  readonly reports: TaskReport[] = []

  /** Sends a request that writes, and keeps it with its outcome. */
  async write(caller: Caller, request: WriteRequest): Promise<Answer> {
    const { subject, value, ...ask } = request
    const answer = await caller.ask(ask)
    const { outcome, sentAt, answeredAt } = answer
    this.writes.push({ subject, value, outcome, sentAt, ...(outcome !== 'unknown' && { answeredAt }) })
    return answer
  }
}

/** Repeats an action at a pace until it is stopped; resolves when the last one has ended. */
export class Pace {
  #isStopped = false
  readonly #ended: Promise<void>

  constructor(everyMs: number, action: () => Promise<void>) {
    this.#ended = this.#run(everyMs, action)
  }

  async #run(everyMs: number, action: () => Promise<void>): Promise<void> {
    while (!this.#isStopped) {
      const nextAt = Date.now() + everyMs
      await action()
      await delay(Math.max(0, nextAt - Date.now()))
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#ended
  }
}

/** What every client of the workload is given. */
export type LoadOptions = {
  readonly history: History
  readonly record: TaskRecord
  readonly random: () => number
  /** How often it asks for something. */
  readonly everyMs: number
}

/** Every client of the workload: it asks for things, ends, and tells what is there in the end. */
export type Load = {
  /** Asks for nothing more. */
  readonly stop: () => Promise<void>
  /** Undefined once everything it asked for has come to rest; else what it waits for. */
  readonly unsettled: () => Promise<string | undefined>
  /** What is there, by subject; undefined while nobody answers. */
  readonly final: () => Promise<Map<string, string> | undefined>
}
