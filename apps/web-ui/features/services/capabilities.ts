import type { ServiceView } from './service-view.ts'

export type ServiceAction = 'scale' | 'edit' | 'restart' | 'stop' | 'resume' | 'delete' | 'resetDelay'

/**
 * Why an action is not possible now; undefined when it is. Each cites the server's rule:
 * Marathon answers 409 while a deployment locks the app (marathon-api §1.6), a restart of 0 instances does nothing (§2.7),
 * and a delay can be reset only for what is queued (§7).
 */
const rules: Record<ServiceAction, (view: ServiceView) => string | undefined> = {
  scale: locked,
  // Saving offers to override the lock: a service that cannot start is mended this way.
  edit: () => undefined,
  restart: (view) => locked(view) ?? (view.app.instances === 0 ? 'It has no instances to restart.' : undefined),
  stop: (view) => locked(view) ?? (view.app.instances === 0 ? 'It is stopped already.' : undefined),
  resume: (view) => locked(view) ?? (view.app.instances > 0 ? 'It is not stopped.' : undefined),
  delete: () => undefined,
  resetDelay: (view) => ((view.queue?.delay.timeLeftSeconds ?? 0) > 0 ? undefined : 'No launch is being delayed.'),
}

function locked(view: ServiceView): string | undefined {
  return view.deployments.length > 0 ? 'A deployment is running. Wait for it or cancel it first.' : undefined
}

export function forbidden(
  action: ServiceAction,
  view: ServiceView,
  connection: { isLive: boolean },
): string | undefined {
  if (!connection.isLive) return 'The connection to Marathon is lost; this shows an old state.'
  return rules[action](view)
}
