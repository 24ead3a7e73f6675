/** Killing tasks: as they are, with scale, or with wipe. */
import { z } from 'zod'
import { parentOf, parseTaskId } from '../ids/index.ts'
import { invalid, updateRoot } from '../deployment/index.ts'
import { isPlaced } from '../instance/index.ts'
import type { Instance } from '../instance/index.ts'
import { decommission, killTask } from '../lifecycle/index.ts'
import { entriesMax, nameCharsMax } from '../limits.ts'
import type { ApiResponse, Command, KillOptions } from '../messages.ts'
import type { StepContext } from '../state/index.ts'
import { taskView } from '../view/index.ts'
import { refusalOf } from './app-commands.ts'
import { badRequest, deploymentResult, notFound } from './responses.ts'

type Of<T extends Command['type']> = Extract<Command, { readonly type: T }>
const scaleAndWipe = 'You cannot use scale and wipe at the same time.'
const idsSchema = z.object({ ids: z.array(z.string().max(nameCharsMax)).max(entriesMax) })

/** What a kill does once the instances are known; undefined when the answer comes later. */
type KillRequest = {
  readonly requestId: number
  readonly options: KillOptions
  readonly instances: readonly Instance[]
  readonly respondWith: (tasks: readonly unknown[]) => ApiResponse
}

export function killAppTasks(
  ctx: StepContext,
  requestId: number,
  command: Of<'kill-app-tasks'>,
): ApiResponse | undefined {
  const { appId, host, taskId, options } = command
  if (options.scale && options.wipe) return badRequest(scaleAndWipe)
  if (!ctx.state.root.apps.has(appId)) return notFound(`App '${appId}' does not exist`)
  if (taskId !== undefined) return killOne(ctx, requestId, { ...command, taskId })
  const instances = ctx.state.instances
    .of(appId)
    .filter(({ state }) => isPlaced(state) && (host === undefined || host === '*' || state.agent.host === host))
  return kill(ctx, { requestId, options, instances, respondWith: (tasks) => ({ status: 200, body: { tasks } }) })
}

function killOne(
  ctx: StepContext,
  requestId: number,
  { appId, taskId, options }: Of<'kill-app-tasks'> & { readonly taskId: string },
): ApiResponse | undefined {
  const parsed = parseTaskId(taskId)
  if (parsed === undefined) return { status: 422, body: { message: `unparsable instance id: '${taskId}'` } }
  const instance = ctx.state.instances.get(parsed.instanceId)
  if (instance === undefined || instance.appId !== appId || !isPlaced(instance.state))
    return notFound(`Task '${taskId}' does not exist`)
  const respondWith = ([task]: readonly unknown[]): ApiResponse => ({ status: 200, body: { task } })
  return kill(ctx, { requestId, options, instances: [instance], respondWith })
}

export function killTasks(ctx: StepContext, requestId: number, command: Of<'kill-tasks'>): ApiResponse | undefined {
  const { options } = command
  const body = idsSchema.safeParse(command.body)
  if (!body.success) return invalid([{ path: '/ids', error: 'error.expected.jsarray' }])
  if (options.scale && options.wipe) return badRequest(scaleAndWipe)
  const found = new Set<Instance>()
  for (const id of body.data.ids) {
    const parsed = parseTaskId(id)
    if (parsed === undefined) return badRequest(`Invalid task id '${id}'. [unable to extract an instance from it]`)
    const instance = ctx.state.instances.get(parsed.instanceId)
    if (instance !== undefined && isPlaced(instance.state)) found.add(instance)
  }
  const respondWith = (tasks: readonly unknown[]): ApiResponse => ({ status: 200, body: { tasks } })
  return kill(ctx, { requestId, options, instances: [...found], respondWith })
}

function kill(ctx: StepContext, request: KillRequest): ApiResponse | undefined {
  const { instances, options } = request
  if (options.scale) return killAndScale(ctx, request)
  const response = request.respondWith(instances.map((instance) => taskView(ctx.state, instance)))
  if (options.wipe) return wipe(ctx, request, response)
  for (const instance of instances) killTask(ctx, instance)
  return response
}

/** Answers once the instances are gone. */
function wipe(ctx: StepContext, { requestId, instances }: KillRequest, response: ApiResponse): ApiResponse | undefined {
  const left = new Set(instances.map(({ id }) => id))
  if (left.size === 0) return response
  ctx.state.pendingWipes.add({ requestId, left, response })
  for (const instance of instances) decommission(ctx, instance)
  return undefined
}

function killAndScale(ctx: StepContext, { instances, options }: KillRequest): ApiResponse {
  const counted = instances.filter(
    ({ goal, state }) => goal === 'Running' && isPlaced(state) && !ctx.state.kills.has(state.task.id),
  )
  const byApp = Map.groupBy(counted, ({ appId }) => appId)
  const [firstApp] = byApp.keys()
  const outcome = updateRoot(ctx, {
    groupId: firstApp === undefined ? '/' : parentOf(firstApp),
    force: options.force,
    kill: new Map([...byApp].map(([id, killed]) => [id, killed.map((instance) => instance.id)])),
    edit: (editor) => {
      for (const [id, killed] of byApp) {
        const app = editor.app(id)
        if (app !== undefined) editor.putApp({ ...app, instances: Math.max(0, app.instances - killed.length) })
      }
      return undefined
    },
  })
  return outcome.kind === 'begun' ? deploymentResult(outcome) : refusalOf(outcome)
}
