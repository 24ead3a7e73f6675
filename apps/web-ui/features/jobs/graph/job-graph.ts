import { Graph, layout } from '@dagrejs/dagre'
import type { JobView } from '../job-view.ts'

const nodeSize = { width: 210, height: 56 }
type GraphNode = { id: string; x: number; y: number; view: JobView }
type GraphEdge = { id: string; source: string; target: string }

/** Jobs from left to right in the order they follow each other. */
export function layOutGraph(views: readonly JobView[]): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const names = new Set(views.map((view) => view.name))
  const edges = views.flatMap((view) =>
    view.parents
      .filter((parent) => names.has(parent))
      .map((parent) => ({ id: `${parent}→${view.name}`, source: parent, target: view.name })),
  )
  const graph = new Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 70, marginx: 20, marginy: 20 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const view of views) graph.setNode(view.name, { ...nodeSize })
  for (const edge of edges) graph.setEdge(edge.source, edge.target)
  layout(graph)
  const nodes = views.map((view) => {
    const { x, y } = graph.node(view.name) as { x: number; y: number }
    return { id: view.name, x: x - nodeSize.width / 2, y: y - nodeSize.height / 2, view }
  })
  return { nodes, edges }
}

/** A job with everything before and after it. */
export function relatives(name: string, views: readonly JobView[]): JobView[] {
  const byName = new Map(views.map((view) => [view.name, view]))
  const found = new Set<string>()
  const walk = (start: string, step: (current: string) => string[]) => {
    const pending = [start]
    for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
      if (current !== start && found.has(current)) continue
      found.add(current)
      pending.push(...step(current).filter((next) => !found.has(next)))
    }
  }
  walk(name, (current) => byName.get(current)?.parents ?? [])
  walk(name, (current) => views.filter((view) => view.parents.includes(current)).map((view) => view.name))
  return views.filter((view) => found.has(view.name))
}
