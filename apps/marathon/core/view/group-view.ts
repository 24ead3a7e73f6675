/** Groups as the API shows them. */
import type { App } from '../app/index.ts'
import { childApps, childGroups } from '../group/index.ts'
import type { Group, RootGroup } from '../group/index.ts'
import { parentOf } from '../ids/index.ts'

export type GroupParts = {
  readonly groups: boolean
  readonly apps: boolean
  readonly pods: boolean
  readonly appView: (app: App) => unknown
}

export type GroupView = Readonly<Record<string, unknown>>

/** Which parts `embed` asks for: all when nothing of groups is named. */
export function parseGroupParts(embeds: readonly string[]): Omit<GroupParts, 'appView'> {
  if (embeds.length === 0) return { groups: true, apps: true, pods: true }
  const has = (part: string): boolean => embeds.includes(`group.${part}`)
  const hasAppPart = embeds.some((embed) => embed.startsWith('group.apps.'))
  return { groups: has('groups'), apps: has('apps') || hasAppPart, pods: has('pods') }
}

export function groupView(root: RootGroup, id: string, parts: GroupParts): GroupView | undefined {
  const group = root.groups.get(id)
  return group === undefined ? undefined : viewOf(root, group, parts)
}

function viewOf(root: RootGroup, group: Group, parts: GroupParts): GroupView {
  const isTopLevel = group.id !== '/' && parentOf(group.id) === '/'
  return {
    id: group.id,
    dependencies: group.dependencies,
    version: group.version,
    ...(isTopLevel ? { enforceRole: group.enforceRole ?? false } : {}),
    ...(parts.apps ? { apps: childApps(root, group.id).map(parts.appView) } : {}),
    ...(parts.pods ? { pods: [] } : {}),
    ...(parts.groups ? { groups: childGroups(root, group.id).map((child) => viewOf(root, child, parts)) } : {}),
  }
}
