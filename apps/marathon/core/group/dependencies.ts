/** Which apps wait for which: an app's own dependencies and those of every group around it. */
import { isWithin, isWithinOrEqual, parentOf } from '../ids/index.ts'
import type { RootGroup } from './root-group.ts'

type Graph = ReadonlyMap<string, ReadonlySet<string>>

function targetsOf(root: RootGroup, id: string, self: string): string[] {
  if (root.apps.has(id)) return id === self ? [] : [id]
  // An app inside the group it depends on does not wait for itself or its neighbours there.
  if (isWithin(self, id)) return []
  return [...root.apps.keys()].filter((app) => isWithin(app, id))
}

function declaredBy(root: RootGroup, appId: string): string[] {
  const result = [...(root.apps.get(appId)?.dependencies ?? [])]
  for (let group = parentOf(appId); ; group = parentOf(group)) {
    result.push(...(root.groups.get(group)?.dependencies ?? []))
    if (group === '/') return result
  }
}

/** App id → ids of the apps it directly depends on. Apps without dependencies are absent. */
function dependencyGraph(root: RootGroup): Graph {
  const graph = new Map<string, Set<string>>()
  const groupsDepend = [...root.groups.values()].some((group) => group.dependencies.length > 0)
  for (const app of root.apps.values()) {
    if (!groupsDepend && app.dependencies.length === 0) continue
    const targets = declaredBy(root, app.id).flatMap((id) => targetsOf(root, id, app.id))
    if (targets.length > 0) graph.set(app.id, new Set(targets))
  }
  return graph
}

/** Whether a group depends on something around itself: no order can satisfy it. */
function hasSelfReference(root: RootGroup): boolean {
  return [...root.groups.values()].some((group) => group.dependencies.some((id) => isWithinOrEqual(group.id, id)))
}

/**
 * The layer of every app in `ids`: the length of the longest dependency path that starts at it, over the whole graph.
 * Undefined when the graph has a cycle.
 */
export function dependencyLayers(root: RootGroup, ids: Iterable<string>): Map<string, number> | undefined {
  const graph = dependencyGraph(root)
  const layers = new Map<string, number>()
  const open = new Set<string>()
  const visit = (id: string): number | undefined => {
    const known = layers.get(id)
    if (known !== undefined) return known
    if (open.has(id)) return undefined
    open.add(id)
    let layer = 0
    for (const target of graph.get(id) ?? []) {
      const below = visit(target)
      if (below === undefined) return undefined
      layer = Math.max(layer, below + 1)
    }
    open.delete(id)
    layers.set(id, layer)
    return layer
  }
  const result = new Map<string, number>()
  for (const id of ids) {
    const layer = visit(id)
    if (layer === undefined) return undefined
    result.set(id, layer)
  }
  return result
}

export function hasCycle(root: RootGroup): boolean {
  return hasSelfReference(root) || dependencyLayers(root, root.apps.keys()) === undefined
}
