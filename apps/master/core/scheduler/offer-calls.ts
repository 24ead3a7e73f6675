import type { scheduler } from '@thermosphere/protocol'
import { note } from '../emit.ts'
import { discardOffer, refusalMs } from '../offers.ts'
import type { Rest } from '../steps/rest.ts'
import type { Framework, Master } from '../model.ts'

/** Unknown offers are ignored: they may have been rescinded meanwhile. */
export function* onDecline(m: Master, framework: Framework, decline: scheduler.Call_Decline): Rest {
  m.counters.add('master/messages_decline_offers')
  for (const { value } of decline.offer_ids ?? []) {
    const offer = m.offers.get(value)
    if (offer?.frameworkId !== framework.id) continue
    framework.counters.add('offers/declined')
    discardOffer(m, offer, refusalMs(decline.filters))
    yield
  }
}

/** None given means all; one that is not subscribed voids the call. */
function concerned(
  m: Master,
  framework: Framework,
  roles: readonly string[],
  call: string,
): readonly string[] | undefined {
  const stranger = roles.find((role) => !framework.roles.includes(role))
  if (stranger === undefined) return roles.length > 0 ? roles : framework.roles
  note(m, 'scheduler.call.dropped', { frameworkId: framework.id, call, role: stranger })
  m.counters.add('master/dropped_messages')
  return undefined
}

export function onRevive(m: Master, framework: Framework, asked: readonly string[]): void {
  m.counters.add('master/messages_revive_offers')
  const roles = concerned(m, framework, asked, 'REVIVE')
  if (!roles) return
  for (const role of roles) framework.suppressed.delete(role)
  for (const key of [...m.inverseFilters.keys()]) if (key.startsWith(`${framework.id}/`)) m.inverseFilters.delete(key)
  m.allocator.revive(framework.id, roles)
}

export function onSuppress(m: Master, framework: Framework, asked: readonly string[]): void {
  m.counters.add('master/messages_suppress_offers')
  const roles = concerned(m, framework, asked, 'SUPPRESS')
  if (!roles) return
  for (const role of roles) framework.suppressed.add(role)
  m.allocator.suppress(framework.id, roles)
}
