/** What a link is told, whether it speaks for an agent that the master knows or not. */
import type { agentLink } from '@thermosphere/protocol'
import { note } from '../emit.ts'
import type { LinkId, Master } from '../model.ts'

/** A link speaks to an agent as long as that agent holds it. */
export function tellLink(m: Master, linkId: LinkId, message: agentLink.MasterMessage): void {
  m.effects.push({ type: 'link', linkId, message })
}

/** Tells an agent to end itself. */
export function shutDown(m: Master, linkId: LinkId, message: string): void {
  tellLink(m, linkId, { type: 'SHUTDOWN', shutdown: { message } })
}

/** The agent may not join as it is. */
export function refuse(m: Master, linkId: LinkId, message: string): void {
  tellLink(m, linkId, { type: 'REFUSED', refused: { message } })
  note(m, 'agent.refused', { reason: message })
}
