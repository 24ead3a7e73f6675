/** An agent that answers may not have joined its master yet; a cluster is ready when all of them take work. */
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { joinTimeoutMs, readyPollMs } from '../limits.ts'
import type { Part } from './cluster-plan.ts'

const slavesSchema = z.object({ slaves: z.array(z.looseObject({ active: z.boolean() })) })

async function activeAgents(masterUrl: string): Promise<number> {
  const answer = await fetch(`${masterUrl}/slaves`, { signal: AbortSignal.timeout(2000) })
  const { slaves } = slavesSchema.parse(await answer.json())
  return slaves.filter(({ active }) => active).length
}

/** Resolves with how many of the agents are missing, at the latest after `joinTimeoutMs`. */
export async function waitForAgents(parts: readonly Part[]): Promise<number> {
  const master = parts.find(({ kind }) => kind === 'master')
  const wanted = parts.filter(({ kind }) => kind === 'agent').length
  if (master === undefined) return 0
  const deadline = Date.now() + joinTimeoutMs
  for (;;) {
    // The master has just answered its health check; should it fail now, its supervisor starts it again.
    const missing = wanted - (await activeAgents(master.url).catch(() => 0))
    if (missing <= 0 || Date.now() > deadline) return Math.max(0, missing)
    await delay(readyPollMs)
  }
}
