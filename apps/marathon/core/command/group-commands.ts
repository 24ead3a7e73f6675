/** Creating, changing and deleting groups. */
import { detailsOf, shapeProblems } from '../app/index.ts'
import { encodeSteps, invalid, updateRoot } from '../deployment/index.ts'
import type { RootOutcome } from '../deployment/index.ts'
import type { RootEditor } from '../group/index.ts'
import { parentOf, resolvePath, segmentsOf } from '../ids/index.ts'
import type { ApiResponse, Command } from '../messages.ts'
import type { StepContext } from '../state/index.ts'
import { refusalOf } from './app-commands.ts'
import { applyGroup, rollBackGroup, scaleGroup } from './group-edit.ts'
import { groupRequestSchema } from './group-schema.ts'
import type { GroupRequest } from './group-schema.ts'
import { deploymentResult, notFound, withoutNulls } from './responses.ts'

type Of<T extends Command['type']> = Extract<Command, { readonly type: T }>
type Parsed = { readonly request: GroupRequest } | { readonly refusal: ApiResponse }

function parseGroup(body: unknown): Parsed {
  const clean = withoutNulls(body)
  const result = groupRequestSchema.safeParse(clean)
  if (result.success) return { request: result.data }
  const details = detailsOf(shapeProblems(result.error, clean))
  return { refusal: { status: 422, body: { message: 'Invalid JSON', details } } }
}

function answer(outcome: RootOutcome): ApiResponse {
  if (outcome.kind === 'planned') return { status: 200, body: { steps: encodeSteps(outcome.steps) } }
  return outcome.kind === 'begun' ? deploymentResult(outcome) : refusalOf(outcome)
}

export function createGroup(ctx: StepContext, command: Of<'create-group'>): ApiResponse {
  const parsed = parseGroup(command.body)
  if ('refusal' in parsed) return parsed.refusal
  const { request } = parsed
  const id = resolvePath(command.id, request.id ?? '')
  const { groups, apps } = ctx.state.root
  if (apps.has(id)) return { status: 409, body: { message: `An app with the path ${id} already exists.` } }
  if (groups.has(id))
    return { status: 409, body: { message: `Group ${id} is already created. Use PUT to change this group.` } }
  const outcome = updateRoot(ctx, {
    groupId: id,
    force: command.force,
    pathOf: appPaths(id, request),
    edit: (editor) => applyGroup(ctx, editor, { id, request }),
  })
  const response = answer(outcome)
  return outcome.kind === 'begun'
    ? { ...response, status: 201, headers: { ...response.headers, Location: id } }
    : response
}

export function updateGroup(ctx: StepContext, command: Of<'update-group'>): ApiResponse {
  const parsed = parseGroup(command.body)
  if ('refusal' in parsed) return parsed.refusal
  const { request } = parsed
  const id = command.id === '/' && request.id !== undefined ? resolvePath('/', request.id) : command.id
  const refusal = checkCombination(ctx, id, request)
  if (refusal !== undefined) return refusal
  return answer(
    updateRoot(ctx, {
      groupId: id,
      force: command.force,
      dryRun: command.dryRun,
      pathOf: appPaths(id, request),
      edit: (editor) => editGroup(ctx, editor, { id, request }),
    }),
  )
}

/** Where each app of a group request stands in it: `/groups(0)/apps(1)`. */
function appPaths(id: string, request: GroupRequest, at = ''): (appId: string) => string | undefined {
  const own = new Map<string, string>()
  const idOf = (body: unknown): string =>
    typeof body === 'object' && body !== null && 'id' in body ? resolvePath(id, String(body.id)) : ''
  for (const [index, body] of (request.apps ?? []).entries()) own.set(idOf(body), `${at}/apps(${index})`)
  const below = (request.groups ?? []).map((group, index) =>
    appPaths(resolvePath(id, group.id ?? ''), group, `${at}/groups(${index})`),
  )
  return (appId) => own.get(appId) ?? below.map((pathOf) => pathOf(appId)).find((path) => path !== undefined)
}

type Edit = { readonly id: string; readonly request: GroupRequest }

function editGroup(ctx: StepContext, editor: RootEditor, { id, request }: Edit): ApiResponse | undefined {
  if (request.version !== undefined) return rollBackGroup(ctx, editor, { id, version: request.version })
  if (request.scaleBy !== undefined) return scaleGroup(ctx, editor, { id, by: request.scaleBy })
  return applyGroup(ctx, editor, { id, request })
}

function checkCombination(ctx: StepContext, id: string, request: GroupRequest): ApiResponse | undefined {
  const { id: _id, enforceRole, ...rest } = request
  const keys = Object.entries(rest).flatMap(([key, value]) => (value === undefined ? [] : [key]))
  for (const key of ['version', 'scaleBy'])
    if (keys.includes(key) && keys.length > 1)
      return invalid([{ path: `/${key}`, error: 'not allowed in conjunction with other properties.' }])
  const stored = ctx.state.root.groups.get(id)
  if (enforceRole === undefined || stored === undefined || (stored.enforceRole ?? false) === enforceRole)
    return undefined
  if (!keys.some((key) => ['apps', 'version', 'scaleBy', 'groups'].includes(key))) return undefined
  const error =
    'enforceRole cannot be modified in a request that adds, removes or modifies services; ' +
    'please make these changes in separate requests.'
  return invalid([{ path: '/enforceRole', error }])
}

export function patchGroup(ctx: StepContext, command: Of<'patch-group'>): ApiResponse {
  const parsed = parseGroup(command.body)
  if ('refusal' in parsed) return parsed.refusal
  const { id } = command
  if (segmentsOf(id).length !== 1) return invalid([{ path: '/', error: 'Path needs to be top-level' }])
  const group = ctx.state.root.groups.get(id)
  if (group === undefined) return notFound(`Group '${id}' does not exist`)
  const enforceRole = parsed.request.enforceRole ?? ctx.state.config.newGroupEnforceRole
  const outcome = updateRoot(ctx, {
    groupId: id,
    force: false,
    edit: (editor) => {
      editor.putGroup({ ...group, enforceRole })
      return undefined
    },
  })
  return outcome.kind === 'begun' ? { status: 200 } : refusalOf(outcome)
}

export function deleteGroup(ctx: StepContext, command: Of<'delete-group'>): ApiResponse {
  const { id } = command
  if (!ctx.state.root.groups.has(id)) return { status: 404, body: { message: `Group '${id}' does not exist` } }
  return answer(
    updateRoot(ctx, {
      groupId: parentOf(id),
      force: command.force,
      edit: (editor) => {
        editor.removeGroup(id)
        return undefined
      },
    }),
  )
}
