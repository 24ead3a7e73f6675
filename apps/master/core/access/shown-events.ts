import type { master } from '@thermosphere/protocol'
import type { Master } from '../model.ts'
import { seesFramework, seesTask, withSeenResources } from './sight.ts'
import type { Sight } from './sight.ts'

type Agent = master.Response_GetAgents_Agent

/** What a subscriber hears of an event: all of it, a part of it, or nothing. */
export function shownEvent(m: Master, sight: Sight, event: master.Event): master.Event | undefined {
  switch (event.type) {
    case 'FRAMEWORK_ADDED':
      return ifSeen(sight, event, event.framework_added?.framework.framework_info)
    case 'FRAMEWORK_UPDATED':
      return ifSeen(sight, event, event.framework_updated?.framework.framework_info)
    case 'FRAMEWORK_REMOVED':
      return ifSeen(sight, event, event.framework_removed?.framework_info)
    case 'TASK_ADDED':
    case 'TASK_UPDATED':
      return isTaskSeen(m, sight, event) ? event : undefined
    case 'AGENT_ADDED':
      return event.agent_added && agentAdded(sight, event, event.agent_added.agent)
    default:
      return event
  }
}

const ifSeen = (
  sight: Sight,
  event: master.Event,
  info: { readonly user: string } | undefined,
): master.Event | undefined => (info && seesFramework(sight, info) ? event : undefined)

function isTaskSeen(m: Master, sight: Sight, { task_added: added, task_updated: updated }: master.Event): boolean {
  const framework = m.frameworks.get((added?.task.framework_id ?? updated?.framework_id)?.value ?? '')
  const task = added?.task ?? framework?.tasks.get(updated?.status.task_id.value ?? '')?.wire
  return (
    framework !== undefined &&
    task !== undefined &&
    seesFramework(sight, framework.info) &&
    seesTask(sight, task, framework.info)
  )
}

function agentAdded(sight: Sight, event: master.Event, agent: Agent): master.Event {
  const seen = withSeenResources(sight, agent)
  return seen === agent ? event : { ...event, agent_added: { agent: seen } }
}
