/** An agent that answers may not have joined its master yet; a cluster is ready when all of them take work. */
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { joinTimeoutMs, lookUpTimeoutMs, readyPollMs } from '../../limits.ts'
import type { Part } from '../plan/part.ts'

const slavesSchema = z.object({ slaves: z.array(z.looseObject({ active: z.boolean() })) })

type Login = Readonly<Record<string, string>>

async function activeAgents(masterUrl: string, headers: Login): Promise<number> {
  const answer = await fetch(`${masterUrl}/slaves`, { headers, signal: AbortSignal.timeout(lookUpTimeoutMs) })
  const { slaves } = slavesSchema.parse(await answer.json())
  return slaves.filter(({ active }) => active).length
}

/** Resolves with how many of the agents are missing, at the latest after `joinTimeoutMs`. */
export async function waitForAgents(parts: readonly Part[], login: Login): Promise<number> {
  const masters = parts.filter(({ kind }) => kind === 'master')
  const wanted = parts.filter(({ kind }) => kind === 'agent').length
  if (masters.length === 0) return 0
  const deadline = Date.now() + joinTimeoutMs
  for (;;) {
    // A standby sends the question on to the leader. A master that fails just now is started again.
    const missing = wanted - (await Promise.any(masters.map(({ url }) => activeAgents(url, login))).catch(() => 0))
    if (missing <= 0 || Date.now() > deadline) return Math.max(0, missing)
    await delay(readyPollMs)
  }
}
