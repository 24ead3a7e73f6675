import type { App, Deployment, MarathonEvent, QueueItem } from '../schemas/marathon.ts'
import type { FeedEntry } from './feed.ts'

export type Services = {
  apps: ReadonlyMap<string, App>
  deployments: readonly Deployment[]
  queue: ReadonlyMap<string, QueueItem>
  /** Ids of all groups, also those without apps. */
  groups: readonly string[]
}

/** What must be read again after an event. Marathon's events name what changed; they do not carry it. */
export type Stale = { apps: Set<string>; everything: boolean; deployments: boolean; queue: boolean }
export const nothingStale = (): Stale => ({ apps: new Set(), everything: false, deployments: false, queue: false })

export function markStale(stale: Stale, event: MarathonEvent): void {
  for (const id of appsOf(event)) stale.apps.add(id)
  if (event.eventType.startsWith('group_change')) stale.everything = true
  if (event.eventType.startsWith('deployment')) {
    stale.deployments = true
    for (const id of affectedBy(event)) stale.apps.add(id)
  }
  if (event.eventType === 'app_terminated_event') stale.everything = true
  stale.queue = true
}

function appsOf(event: MarathonEvent): string[] {
  return [event.appId, event.runSpecId, event.appDefinition?.id].filter(
    (id): id is string => id !== undefined && id !== '',
  )
}

function affectedBy(event: MarathonEvent): string[] {
  const actions = (event.plan?.steps ?? []).flatMap((step) =>
    typeof step === 'object' && step !== null && 'actions' in step && Array.isArray(step.actions) ? step.actions : [],
  )
  return actions.flatMap((action: unknown) =>
    typeof action === 'object' && action !== null && 'app' in action && typeof action.app === 'string'
      ? [action.app]
      : [],
  )
}

export const isStale = (stale: Stale) => stale.everything || stale.deployments || stale.queue || stale.apps.size > 0

/** The line of the feed for an event, if it tells a person something the task statuses do not. */
export function feedOf(event: MarathonEvent): FeedEntry[] {
  const line = lineOf(event)
  if (line === undefined) return []
  const at = event.timestamp === undefined ? Date.now() : Date.parse(event.timestamp)
  const service = appsOf(event)[0] ?? affectedBy(event)[0] ?? event.groupId ?? '/'
  return [
    {
      id: `m:${at}:${event.eventType}:${event.id ?? event.taskId ?? service}`,
      at,
      source: 'services',
      subject: { kind: 'service', id: service, name: service },
      ...line,
    },
  ]
}

function lineOf(event: MarathonEvent): Pick<FeedEntry, 'status' | 'what' | 'why'> | undefined {
  switch (event.eventType) {
    case 'api_post_event':
      return { status: 'working', what: 'Configuration changed', why: `by ${event.clientIp ?? 'an unknown client'}` }
    case 'deployment_info':
      return { status: 'working', what: 'Deployment step started', why: actionsText(event) }
    case 'deployment_success':
      return { status: 'healthy', what: 'Deployment finished', why: '' }
    case 'deployment_failed':
      return { status: 'failing', what: 'Deployment failed or was cancelled', why: event.reason ?? '' }
    case 'app_terminated_event':
      return { status: 'stopped', what: 'Service deleted', why: '' }
    case 'health_status_changed_event':
      return event.alive === true
        ? { status: 'healthy', what: 'Instance became healthy', why: '' }
        : { status: 'failing', what: 'Instance became unhealthy', why: 'its health check fails' }
    case 'unhealthy_instance_kill_event':
    case 'unhealthy_task_kill_event':
      return {
        status: 'failing',
        what: 'Unhealthy instance killed',
        why: event.reason ?? 'too many failed health checks',
      }
    default:
      return undefined
  }
}

function actionsText(event: MarathonEvent): string {
  const ids = affectedBy(event)
  return ids.length === 0 ? '' : [...new Set(ids)].slice(0, 3).join(', ')
}
