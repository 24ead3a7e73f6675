/** What a group request does to the tree. */
import { invalid } from '../deployment/index.ts'
import type { RootEditor } from '../group/index.ts'
import { isWithin, parentOf, resolvePath, segmentsOf } from '../ids/index.ts'
import type { ApiResponse } from '../messages.ts'
import type { StepContext } from '../state/index.ts'
import { parseTimestamp } from '../text/index.ts'
import { buildApp, isResponse, parseAppRequest } from './app-commands.ts'
import type { GroupRequest } from './group-schema.ts'

/** Ids of direct children that a request lists, absolute; an answer when one lies elsewhere. */
function childId(group: string, id: string | undefined): string | ApiResponse {
  const absolute = resolvePath(group, id ?? '')
  return isWithin(absolute, group)
    ? absolute
    : invalid([{ path: '/id', error: `Identifier is not child of '${group}'` }])
}

/** Applies a group definition: lists that are there replace, lists that are absent keep. */
export function applyGroup(
  ctx: StepContext,
  editor: RootEditor,
  { id, request }: { readonly id: string; readonly request: GroupRequest },
): ApiResponse | undefined {
  const existing = editor.ensureGroup(id)
  const { dependencies, enforceRole } = request
  if (enforceRole === true && segmentsOf(id).length !== 1)
    return invalid([
      { path: '/enforceRole', error: `enforceRole can only be set for top-level groups, and ${id} is not top-level` },
    ])
  editor.putGroup({
    ...existing,
    dependencies: dependencies?.map((target) => resolvePath(parentOf(id), target)) ?? existing.dependencies,
    enforceRole: enforceRole ?? existing.enforceRole,
  })
  return applyApps(ctx, editor, { id, apps: request.apps }) ?? applyGroups(ctx, editor, { id, groups: request.groups })
}

type Apps = { readonly id: string; readonly apps: readonly unknown[] | undefined }

function applyApps(ctx: StepContext, editor: RootEditor, { id, apps }: Apps): ApiResponse | undefined {
  if (apps === undefined) return undefined
  const listed = new Set<string>()
  for (const body of apps) {
    const parsed = parseAppRequest(body)
    if ('refusal' in parsed) return parsed.refusal
    const appId = childId(id, parsed.request.id)
    if (typeof appId !== 'string') return appId
    listed.add(appId)
    const { version: _version, ...request } = parsed.request
    const app = buildApp(ctx, editor, { id: appId, base: editor.app(appId), request, partial: false })
    if (isResponse(app)) return app
    editor.putApp(app)
  }
  for (const app of editor.appsOf(id)) if (!listed.has(app.id)) editor.removeApp(app.id)
  return undefined
}

type Groups = { readonly id: string; readonly groups: readonly GroupRequest[] | undefined }

function applyGroups(ctx: StepContext, editor: RootEditor, { id, groups }: Groups): ApiResponse | undefined {
  if (groups === undefined) return undefined
  const listed = new Set<string>()
  for (const request of groups) {
    const groupId = childId(id, request.id)
    if (typeof groupId !== 'string') return groupId
    listed.add(groupId)
    const refusal = applyGroup(ctx, editor, { id: groupId, request })
    if (refusal !== undefined) return refusal
  }
  for (const group of editor.groupsOf(id)) if (!listed.has(group.id)) editor.removeGroup(group.id)
  return undefined
}

export function scaleGroup(
  ctx: StepContext,
  editor: RootEditor,
  scale: { id: string; by: number },
): ApiResponse | undefined {
  if (scale.by < 0) return invalid([{ path: '/scaleBy', error: 'must be greater than or equal to 0' }])
  for (const app of ctx.state.root.apps.values()) {
    if (!isWithin(app.id, scale.id)) continue
    editor.putApp({ ...app, instances: Math.ceil(app.instances * scale.by) })
  }
  return undefined
}

/** Puts the subtree back to what it was in a kept version of the root. */
export function rollBackGroup(
  ctx: StepContext,
  editor: RootEditor,
  { id, version }: { readonly id: string; readonly version: string },
): ApiResponse | undefined {
  const at = parseTimestamp(version)
  if (at === undefined) return { status: 422, body: { message: `Invalid format: "${version}"` } }
  const record = ctx.state.rootVersions.find((root) => parseTimestamp(root.version) === at)
  if (record === undefined || !record.groups.some((group) => group.id === id))
    return { status: 422, body: { message: `Group ${id} not available in version ${version}` } }
  editor.removeGroup(id)
  for (const group of record.groups) if (group.id === id || isWithin(group.id, id)) editor.putGroup(group)
  for (const [appId, appVersion] of record.apps) {
    if (!isWithin(appId, id)) continue
    const app = ctx.state.appVersions.get(appId)?.find((candidate) => candidate.version === appVersion)
    const current = ctx.state.root.apps.get(appId)
    if (app === undefined) continue
    editor.putApp(current === undefined ? app : { ...app, version: current.version, versionInfo: current.versionInfo })
  }
  return undefined
}
