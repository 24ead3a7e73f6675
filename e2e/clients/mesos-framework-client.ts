/**
 * The npm package mesos-framework, which others wrote for Mesos. It asks one master and follows its redirect; when that
 * master dies it ends its process, and a supervisor starts another with the framework id it has kept.
 */
import { eventually } from '@thermosphere/test-kit'
import { createRequire } from 'node:module'
import type { ScenarioClient, ScenarioLibrary, StartOptions, Update } from './scenario-client.ts'

type Id = { readonly value: string }
type Status = {
  readonly state: string
  readonly task_id: Id
  readonly agent_id?: Id
  readonly reason?: string
}
type LaunchedTask = { readonly name: string; readonly taskId: string }
type Scheduler = {
  frameworkId: string | null
  readonly launchedTasks: readonly LaunchedTask[]
  readonly pendingTasks: unknown[]
  readonly httpRequest: { destroy(): void }
  on(event: string, handler: (argument: never) => void): void
  subscribe(): void
  revive(): void
  kill(taskId: string, agentId: string): void
  reconcile(taskId: string, agentId: string): void
  teardown(): void
}
type Library = {
  readonly Scheduler: new (options: unknown) => Scheduler
  readonly Mesos: { getMesos(): { CommandInfo: new (...parts: readonly unknown[]) => unknown } }
}

const library = createRequire(import.meta.url)('mesos-framework') as Library
const { CommandInfo } = library.Mesos.getMesos()

/** Seconds; the library breaks a connection that is silent for longer, and heartbeats come every 15. */
const silenceMaxSeconds = 120
/** The library loses an event that comes in one piece with another; after this long without an answer it asks again. */
const subscribeMaxMs = 5_000

function newScheduler({ masters: [master = ''], frameworkId, directory }: StartOptions): Scheduler {
  const [masterUrl, port] = master.split(':')
  const scheduler = new library.Scheduler({
    masterUrl,
    port,
    frameworkName: 'scenario',
    masterConnectionTimeout: silenceMaxSeconds,
    logging: { path: directory, fileName: 'mesos-framework.log', level: 'error' },
    restartStates: [],
    tasks: {},
  })
  scheduler.frameworkId = frameworkId ?? null
  return scheduler
}

async function subscribe(options: StartOptions, onError: (message: string) => void): Promise<[Scheduler, string]> {
  let subscribedAs: string | undefined
  const scheduler = newScheduler(options)
  scheduler.on('subscribed', (event: { readonly frameworkId: string }) => (subscribedAs = event.frameworkId))
  scheduler.on('error', (error: { readonly message: string }) => onError(error.message))
  await new Promise<void>((resolve) => scheduler.on('ready', () => resolve()))
  scheduler.subscribe()
  try {
    return [scheduler, await eventually('subscribed', () => subscribedAs, subscribeMaxMs)]
  } catch (error) {
    scheduler.httpRequest.destroy()
    throw error
  }
}

async function start(options: StartOptions): Promise<ScenarioClient> {
  const errors: string[] = []
  const onError = (message: string): void => void errors.push(message)
  const [scheduler, frameworkId] = await eventually('the library is subscribed', () => subscribe(options, onError))
  const updates: Update[] = []
  const agents = new Map<string, string>()
  scheduler.on('update', ({ status }: { readonly status: Status }) => {
    const { task_id, state, reason, agent_id } = status
    updates.push({ taskId: task_id.value, state, reason })
    if (agent_id !== undefined) agents.set(task_id.value, agent_id.value)
  })
  let launchCount = 0

  async function launch(command: string): Promise<string> {
    const name = `task-${++launchCount}`
    const commandInfo = new CommandInfo(null, null, true, command, null, null)
    const resources = { cpus: 0.1, mem: 32, ports: 0, disk: 0 }
    scheduler.pendingTasks.push({ name, priority: 1, commandInfo, resources })
    scheduler.revive()
    const task = await eventually(`${name} is launched (${errors.join('; ')})`, () =>
      scheduler.launchedTasks.find((one) => one.name === name),
    )
    return task.taskId
  }

  const agentOf = (taskId: string): string => agents.get(taskId) ?? [...agents.values()][0] ?? ''
  return {
    frameworkId,
    updates,
    launch,
    kill: async (taskId) => scheduler.kill(taskId, agentOf(taskId)),
    reconcile: async (taskId) => scheduler.reconcile(taskId, agentOf(taskId)),
    teardown: async () => scheduler.teardown(),
    crash: async () => scheduler.httpRequest.destroy(),
  }
}

export const mesosFramework: ScenarioLibrary = {
  name: 'mesos-framework',
  start,
  followsLeaders: false,
  unknownState: 'TASK_LOST',
}
