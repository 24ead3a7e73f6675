import { armTimer } from '../emit.ts'
import type { SchedulerRequest } from '../effects.ts'
import type { Framework, Master, StreamId, Throttled } from '../model.ts'

/** Whether a call of a framework is carried out now. */
export function turnOf(
  m: Master,
  { info: { principal } }: Framework,
  request: SchedulerRequest,
): 'passes' | 'waits' | 'no-room' {
  m.messages.received(principal)
  const limiter = m.limiters.of(principal)
  if (!limiter) return 'passes'
  const turn = limiter.take({ type: 'call', request }, m.now)
  if (turn === 'waits') armRelease(m, limiter)
  return turn
}

/** A stream ends after the calls that came on behalf of it; false if none of them waits. */
export const isEndHeldBack = (m: Master, { info: { principal } }: Framework, streamId: StreamId): boolean =>
  m.limiters.of(principal)?.follow({ type: 'stream-closed', streamId }) ?? false

/** What may pass by now. */
export function releaseThrottled(m: Master, name: string): readonly Throttled[] {
  const limiter = m.limiters.named(name)
  if (!limiter) return []
  const released = limiter.release(m.now)
  armRelease(m, limiter)
  return released
}

function armRelease(m: Master, { name, dueAt }: { readonly name: string; readonly dueAt: number | undefined }): void {
  if (dueAt !== undefined) armTimer(m, `rate-limit/${name}`, dueAt)
}
