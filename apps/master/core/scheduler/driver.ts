/** The rules of schedulers that speak by messages (v0): a process is known by its id, not by a stream. */
import { note } from '../emit.ts'
import { deactivateFramework } from '../frameworks.ts'
import { leaveForRest } from '../steps/rest.ts'
import type { Driver } from '../effects.ts'
import type { Framework, FrameworkId, Master, StreamId } from '../model.ts'

export type Verdict = 'admitted' | 'failed over' | 'dropped' | { readonly retriedBy: Framework }

type Asked = { readonly id: string | undefined; readonly known: Framework | undefined }

/** The answer to a first registration may be under way when a driver asks again: it must not get two frameworks. */
export function admitDriver(m: Master, { pid, force }: Driver, { id, known }: Asked): Verdict {
  const there = m.frameworks.values().find((one) => one.pid === pid && one.connection.state === 'connected')
  if (!id) return there ? { retriedBy: there } : 'admitted'
  if (there && there !== known) {
    note(m, 'framework.refused', { frameworkId: id, pid, reason: `the process has framework ${there.id}` })
    return 'dropped'
  }
  const isTaken = known !== undefined && known.connection.state !== 'recovered' && known.pid !== pid
  return isTaken && !force ? 'failed over' : 'admitted'
}

export function onDeactivateFramework(m: Master, asked: { streamId: StreamId; frameworkId: FrameworkId }): void {
  m.counters.add('master/messages_deactivate_framework')
  const framework = m.frameworks.get(asked.frameworkId)
  if (framework?.connection.state !== 'connected' || framework.connection.streamId !== asked.streamId) return
  if (framework.active) leaveForRest(m, deactivateFramework(m, framework))
}
