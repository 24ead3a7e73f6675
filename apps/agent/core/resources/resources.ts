import { Resources } from '@thermosphere/offer-engine'
import type { mesos } from '@thermosphere/protocol'
import { hex } from '../ids.ts'
import type { AgentState } from '../state.ts'

/** Resources that were changed by operations and therefore must outlive the agent process. */
export function checkpointedResources(total: Resources): mesos.Resource[] {
  return total.toWire().filter(isCheckpointed)
}

export function isCheckpointed(resource: mesos.Resource): boolean {
  return (
    resource.disk?.persistence !== undefined ||
    (resource.reservations ?? []).some((reservation) => reservation.type === 'DYNAMIC')
  )
}

/** Whether the master has, or had when it wrote, the resources as they are. */
export function isCurrent(state: AgentState, version: mesos.UUID | undefined): boolean {
  const { resourceVersion } = state
  if (resourceVersion === undefined || version === undefined) return resourceVersion === version
  return hex(resourceVersion) === hex(version.value)
}

/** What a checkpointed resource was made of: `--resources` must still contain it. */
export function originOf(resource: mesos.Resource): mesos.Resource {
  const { disk, ...rest } = resource
  const reservations = (resource.reservations ?? []).filter((reservation) => reservation.type !== 'DYNAMIC')
  return { ...rest, reservations, ...(disk?.source === undefined ? {} : { disk: { source: disk.source } }) }
}

/** The configured resources with the checkpointed reservations and volumes put in place. */
export function restoreResources(configured: Resources, checkpointed: readonly mesos.Resource[]): Resources | string {
  let total = configured
  for (const resource of checkpointed) {
    const origin = Resources.fromWire([originOf(resource)])
    if (!total.contains(origin)) {
      return `the checkpointed ${Resources.fromWire([resource]).toString()} is not covered by --resources`
    }
    total = total.subtract(origin).add(Resources.fromWire([resource]))
  }
  return total
}
