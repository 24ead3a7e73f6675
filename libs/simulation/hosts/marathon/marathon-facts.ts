import type { App, Instance, Placed } from '@thermosphere/marathon-core'

export function isPlacedState(state: Instance['state']): state is Placed {
  return state.condition !== 'Scheduled'
}

/** The bounds of a rolling restart as the reference has them. */
export function rollBounds({ instances, upgradeStrategy }: Pick<App, 'instances' | 'upgradeStrategy'>) {
  const { minimumHealthCapacity, maximumOverCapacity } = upgradeStrategy
  const healthyMin = Math.ceil(instances * minimumHealthCapacity - 1e-9)
  const capacity = Math.floor(instances * (1 + maximumOverCapacity) + 1e-9)
  return { healthyMin, capacityMax: healthyMin === capacity ? capacity + 1 : capacity }
}
