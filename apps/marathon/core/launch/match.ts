/** What one instance of an app asks of an offer. */
import type { Demand, MatchContext, Placement, PlacementConstraint } from '@thermosphere/offer-engine'
import type { Millis } from '@thermosphere/effects'
import type { App } from '../app/index.ts'
import { isPlaced, isUnreachable } from '../instance/index.ts'
import type { Instance } from '../instance/index.ts'
import { isCurrent } from '../lifecycle/index.ts'
import type { MarathonState } from '../state/index.ts'
import { declaredPorts } from './ports.ts'

const operators = ['UNIQUE', 'CLUSTER', 'GROUP_BY', 'LIKE', 'UNLIKE', 'MAX_PER', 'IS'] as const

export function demandOf(state: MarathonState, app: App, instance: Instance): Demand {
  const executor = app.executor === '' || app.executor === '//cmd' ? undefined : app.executorResources
  return {
    role: instance.role,
    acceptedResourceRoles: acceptedRoles(state, app, instance.role),
    cpus: app.cpus + (executor?.cpus ?? 0),
    mem: app.mem + (executor?.mem ?? 0),
    disk: app.disk + (executor?.disk ?? 0),
    gpus: app.gpus,
    hostPorts: declaredPorts(app).map(({ hostPort }) => hostPort),
    constraints: app.constraints.flatMap(constraintOf),
  }
}

function acceptedRoles(state: MarathonState, app: App, role: string): readonly string[] {
  if (app.acceptedResourceRoles !== undefined) return app.acceptedResourceRoles
  switch (state.config.acceptedRolesDefault) {
    case 'any':
      return ['*', role]
    case 'unreserved':
      return ['*']
    case 'reserved':
      return [role]
  }
}

function constraintOf([field, name, value]: readonly string[]): PlacementConstraint[] {
  const operator = operators.find((known) => known === name)
  if (field === undefined || operator === undefined) return []
  return [{ field, operator, ...(value === undefined || value === '' ? {} : { value }) }]
}

export function matchContextOf(state: MarathonState, app: App, now: Millis): MatchContext {
  const { maintenanceMode, drainingSeconds, gpuSchedulingRestricted } = state.config
  const gpuLabel = app.labels['GPU_SCHEDULING_BEHAVIOR']
  const isRestricted = gpuLabel === undefined ? gpuSchedulingRestricted : gpuLabel !== 'unrestricted'
  return {
    random: state.random,
    placed: app.constraints.length === 0 ? [] : placedOf(state, app),
    instances: app.instances,
    localRegion: state.mesos.master?.region,
    gpuScheduling: isRestricted ? 'restricted' : 'unrestricted',
    maintenance: maintenanceMode ? { now, drainingMs: drainingSeconds * 1000 } : undefined,
  }
}

/** Reachable instances of the current configuration; older ones do not count, so an upgrade can place beside them. */
function placedOf(state: MarathonState, app: App): Placement[] {
  return state.instances.of(app.id).flatMap((instance) => {
    if (!isPlaced(instance.state) || isUnreachable(instance) || !isCurrent(app, instance)) return []
    const { host, region, zone, attributes } = instance.state.agent
    return [{ hostname: host, region, zone, attributes }]
  })
}
