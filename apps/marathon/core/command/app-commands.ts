/** Creating, changing, deleting and restarting apps. */
import { appRequestSchema, completeApp, encodeApp, shapeProblems, translateLegacy, detailsOf } from '../app/index.ts'
import type { App, AppRequest } from '../app/index.ts'
import { updateRoot, invalid } from '../deployment/index.ts'
import type { RootOutcome } from '../deployment/index.ts'
import { defaultRole } from '../group/index.ts'
import type { RootEditor } from '../group/index.ts'
import { parentOf, resolvePath } from '../ids/index.ts'
import type { ApiResponse, Audit, Command } from '../messages.ts'
import type { StepContext } from '../state/index.ts'
import { parseTimestamp } from '../text/index.ts'
import { deploymentResult, notFound, withoutNulls } from './responses.ts'

type Of<T extends Command['type']> = Extract<Command, { readonly type: T }>
type Parsed = { readonly request: AppRequest } | { readonly refusal: ApiResponse }

/** Shape errors of a body. `body` has passed JSON.parse. */
export function parseAppRequest(body: unknown): Parsed {
  const clean = withoutNulls(body)
  const result = appRequestSchema.safeParse(clean)
  if (result.success) return { request: result.data }
  const details = detailsOf(shapeProblems(result.error, clean))
  return { refusal: { status: 422, body: { message: 'Invalid JSON', details } } }
}

type Build = {
  readonly id: string
  readonly base: App | undefined
  readonly request: AppRequest
  /** Keeps what the request does not mention. */
  readonly partial: boolean
}

/** The complete app a request asks for, or why it is refused. */
export function buildApp(ctx: StepContext, editor: RootEditor, build: Build): App | ApiResponse {
  const { config } = ctx.state
  const { id, base, request, partial } = build
  const { patch, problems } = translateLegacy(request, config)
  if (problems.length > 0) return invalid(problems)
  editor.ensureGroup(parentOf(id))
  const rules = { features: config.features, mesosRole: config.mesosRole, appsMax: config.appsMax }
  const tree = { version: '', groups: new Map([...editorGroups(editor, id)]), apps: new Map() }
  const role = base?.role ?? defaultRole(tree, id, rules)
  const options = { defaultRole: role, defaultNetworkName: config.defaultNetworkName }
  const app = completeApp(partial ? base : undefined, { ...patch, id }, options)
  const kept = base === undefined ? app : { ...app, version: base.version, versionInfo: base.versionInfo }
  return withExecutorResources(kept, base, partial)
}

function editorGroups(editor: RootEditor, id: string) {
  const top = `/${id.split('/')[1] ?? ''}`
  const group = editor.group(top)
  return group === undefined ? [] : [[top, group] as const]
}

/** A full update without executorResources keeps none. */
function withExecutorResources(app: App, base: App | undefined, partial: boolean): App {
  if (!partial || app.executorResources !== undefined || base?.executorResources === undefined) return app
  return { ...app, executorResources: base.executorResources }
}

export function isResponse(value: App | ApiResponse): value is ApiResponse {
  return 'status' in value
}

export function createApp(ctx: StepContext, command: Of<'create-app'>): ApiResponse {
  const parsed = parseAppRequest(command.body)
  if ('refusal' in parsed) return parsed.refusal
  const { request } = parsed
  if (request.id === undefined)
    return {
      status: 422,
      body: { message: 'Invalid JSON', details: [{ path: '/id', errors: ['error.path.missing'] }] },
    }
  const id = resolvePath('/', request.id)
  if (ctx.state.root.apps.has(id)) return { status: 409, body: { message: `An app with id [${id}] already exists.` } }
  let created: App | undefined
  const outcome = updateRoot(ctx, {
    groupId: parentOf(id),
    force: command.force,
    edit: (editor) => {
      const app = buildApp(ctx, editor, { id, base: undefined, request, partial: false })
      if (isResponse(app)) return app
      created = app
      editor.putApp(app)
      return undefined
    },
  })
  if (outcome.kind !== 'begun' || created === undefined) return refusalOf(outcome)
  return createdResponse(ctx, { ...created, version: outcome.version }, { outcome, audit: command.audit })
}

type Created = { readonly outcome: Extract<RootOutcome, { readonly kind: 'begun' }>; readonly audit: Audit }

/** Shows the app as it was before service ports were assigned, as Marathon does. */
function createdResponse(ctx: StepContext, app: App, { outcome, audit }: Created): ApiResponse {
  const counts = { tasksStaged: 0, tasksRunning: 0, tasksHealthy: 0, tasksUnhealthy: 0 }
  const { versionInfo: _versionInfo, ...json } = encodeApp(app)
  tellApiPost(ctx, app.id, audit)
  return {
    status: 201,
    headers: { Location: app.id, 'Marathon-Deployment-Id': outcome.deploymentId },
    body: { ...json, ...counts, deployments: [{ id: outcome.deploymentId }] },
  }
}

export function refusalOf(outcome: RootOutcome): ApiResponse {
  return outcome.kind === 'refused' ? outcome.response : { status: 500, body: { message: 'no deployment was made' } }
}

function tellApiPost(ctx: StepContext, id: string, { clientIp, uri }: Audit): void {
  const app = ctx.state.root.apps.get(id)
  if (app !== undefined) ctx.event('api_post_event', { clientIp, uri, appDefinition: encodeApp(app) })
}

type Update = {
  readonly id: string
  readonly request: AppRequest
  readonly partial: boolean
  readonly mayCreate: boolean
}

/** Puts one app update into the tree. */
function editApp(ctx: StepContext, editor: RootEditor, update: Update): ApiResponse | undefined {
  const { id, request } = update
  const base = editor.app(id)
  if (base === undefined && !update.mayCreate) return notFound(`App '${id}' does not exist`)
  if (request.version !== undefined) return rollBack(ctx, editor, update)
  const app = buildApp(ctx, editor, { id, base, request, partial: update.partial })
  if (isResponse(app)) return app
  editor.putApp(app)
  return undefined
}

function rollBack(ctx: StepContext, editor: RootEditor, { id, request }: Update): ApiResponse | undefined {
  const others = Object.entries(request).filter(
    ([key, value]) => key !== 'id' && key !== 'version' && value !== undefined,
  )
  if (others.length > 0)
    return invalid([{ path: '/', error: "The 'version' field may only be combined with the 'id' field." }])
  const at = parseTimestamp(request.version ?? '')
  if (at === undefined) return { status: 422, body: { message: `Invalid format: "${request.version}"` } }
  const current = editor.app(id)
  const wanted = ctx.state.appVersions.get(id)?.find((app) => parseTimestamp(app.version) === at)
  if (wanted === undefined || current === undefined) return notFound(`App '${id}' does not exist`)
  editor.putApp({ ...wanted, version: current.version, versionInfo: current.versionInfo })
  return undefined
}

export function updateApp(ctx: StepContext, command: Of<'update-app'>): ApiResponse {
  const parsed = parseAppRequest(command.body)
  if ('refusal' in parsed) return parsed.refusal
  const { id, partial, mayCreate } = command
  const isNew = !ctx.state.root.apps.has(id)
  const outcome = updateRoot(ctx, {
    groupId: parentOf(id),
    force: command.force,
    edit: (editor) => editApp(ctx, editor, { id, request: parsed.request, partial, mayCreate }),
  })
  if (outcome.kind !== 'begun') return refusalOf(outcome)
  tellApiPost(ctx, id, command.audit)
  const result = deploymentResult(outcome)
  return isNew ? { ...result, status: 201, headers: { ...result.headers, Location: id } } : result
}

export function updateApps(ctx: StepContext, command: Of<'update-apps'>): ApiResponse {
  if (!Array.isArray(command.body))
    return {
      status: 422,
      body: { message: 'Invalid JSON', details: [{ path: '/', errors: ['error.expected.jsarray'] }] },
    }
  const requests: AppRequest[] = []
  for (const element of command.body) {
    const parsed = parseAppRequest(element)
    if ('refusal' in parsed) return parsed.refusal
    if (parsed.request.id === undefined)
      return { status: 422, body: { message: 'requirement failed: App Update must have app id set' } }
    requests.push(parsed.request)
  }
  const { partial, mayCreate } = command
  const idOf = (request: AppRequest): string => resolvePath(command.base, request.id ?? '')
  const outcome = updateRoot(ctx, {
    groupId: command.base,
    force: command.force,
    pathOf: (id) => `/(${requests.findIndex((request) => idOf(request) === id)})`,
    edit: (editor) => {
      for (const request of requests) {
        const refusal = editApp(ctx, editor, { id: idOf(request), request, partial, mayCreate })
        if (refusal !== undefined) return refusal
      }
      return undefined
    },
  })
  if (outcome.kind !== 'begun') return refusalOf(outcome)
  for (const request of requests) tellApiPost(ctx, idOf(request), command.audit)
  return deploymentResult(outcome)
}

export function deleteApp(ctx: StepContext, command: Of<'delete-app'>): ApiResponse {
  const { id } = command
  if (!ctx.state.root.apps.has(id)) return { status: 404, body: { message: `App '${id}' does not exist` } }
  const outcome = updateRoot(ctx, {
    groupId: parentOf(id),
    force: command.force,
    edit: (editor) => {
      editor.removeApp(id)
      return undefined
    },
  })
  return outcome.kind === 'begun' ? deploymentResult(outcome) : refusalOf(outcome)
}

export function restartApp(ctx: StepContext, command: Of<'restart-app'>): ApiResponse {
  const app = ctx.state.root.apps.get(command.id)
  if (app === undefined) return notFound(`App '${command.id}' does not exist`)
  const outcome = updateRoot(ctx, {
    groupId: parentOf(app.id),
    force: command.force,
    restart: new Set([app.id]),
    edit: (editor) => {
      editor.putApp(app)
      return undefined
    },
  })
  return outcome.kind === 'begun' ? deploymentResult(outcome) : refusalOf(outcome)
}
