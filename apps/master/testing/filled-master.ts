/** A master that answers on a real port and whose core was filled with agents and tasks, as after a failover. */
import { World } from '@thermosphere/master-core/testing'
import type { TestAgent, Where } from '@thermosphere/master-core/testing'
import type { agentLink, mesos } from '@thermosphere/protocol'
import {
  createHttpApp,
  createLogger,
  createLogging,
  createMetrics,
  errorMiddleware,
  listen,
  textErrors,
} from '@thermosphere/service-kit'
import { openStore } from '@thermosphere/store'
import { VirtualFiles } from '../http/files/virtual-files.ts'
import { createRouter } from '../http/router.ts'
import { MasterLoop } from '../shell/loop/master-loop.ts'

export type Size = {
  readonly agents: number
  readonly frameworks: number
  /** Of all agents together. */
  readonly running: number
  readonly finished: number
  /** Where its steps are cut, unless nowhere. */
  readonly stepWorkMax?: number
}

const capabilities = ['MULTI_ROLE', 'RESERVATION_REFINEMENT', 'AGENT_DRAINING'] as const

const scalar = (name: string, value: number, role?: string): mesos.Resource => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  ...(role !== undefined && { allocation_info: { role } }),
})

const frameworkInfo = (index: number): mesos.FrameworkInfo => ({
  id: { value: `F-${String(index).padStart(4, '0')}` },
  name: `framework ${index}`,
  user: 'root',
  roles: [`role-${index}`],
  failover_timeout: 3600,
  checkpoint: true,
  capabilities: [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }],
})

const frameworkOf = (framework: number): string => `F-${String(framework).padStart(4, '0')}`

/** A task as real ones are: with a label and a container status. */
function runningTask(id: string, agentId: string, framework: number): agentLink.AgentTask {
  const role = `role-${framework}`
  const framework_id = { value: frameworkOf(framework) }
  const network_infos = [{ ip_addresses: [{ ip_address: '10.0.0.1' }] }]
  const status: mesos.TaskStatus = {
    task_id: { value: id },
    agent_id: { value: agentId },
    state: 'TASK_RUNNING',
    source: 'SOURCE_EXECUTOR',
    timestamp: 1_000_000 + framework / 7,
    container_status: { container_id: { value: `c-${id}` }, network_infos },
  }
  const task: mesos.Task = {
    name: `sleep ${id}`,
    task_id: { value: id },
    framework_id,
    agent_id: { value: agentId },
    state: 'TASK_RUNNING',
    resources: [scalar('cpus', 0.1, role), scalar('mem', 32, role)],
    statuses: [status],
    labels: { labels: [{ key: 'owner', value: 'somebody' }] },
  }
  return { framework_id, task, latest_state: 'TASK_RUNNING', status_update_state: 'TASK_RUNNING' }
}

type Running = readonly [agent: TestAgent, framework: number, taskId: string]

/** An agent comes back with what it runs. */
function addAgent(
  world: World,
  index: number,
  { taskCount, infos }: { taskCount: number; infos: readonly mesos.FrameworkInfo[] },
): Running[] {
  const id = `S-${String(index).padStart(5, '0')}`
  const agent_info = world.agentInfo('cpus:64;mem:65536;disk:100000;ports:[31000-32000]', {
    hostname: `host-${index}`,
    id: { value: id },
  })
  const linkId = world.openLink(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`)
  const agent = { id, linkId, info: agent_info }
  const running = Array.from({ length: taskCount }, (_, n): Running => [
    agent,
    (index + n) % infos.length,
    `task-${index}-${n}`,
  ])
  const frameworks = infos.filter((_, n) => running.some(([, framework]) => framework === n))
  const tasks = running.map(([, framework, task]) => runningTask(task, id, framework))
  const said = {
    agent_info,
    version: '1.12.0',
    capabilities: capabilities.map((type) => ({ type })),
    tasks,
    frameworks,
  }
  world.say(linkId, { type: 'REREGISTER', reregister: said })
  return running
}

export type Filled = {
  readonly world: World
  /** So many of the running tasks get another status. */
  churn(count: number): void
}

/** Agents with their tasks, of which some have ended since; frameworks that want no offers. */
export function fillMaster({ agents, frameworks, running, finished, stepWorkMax = Infinity }: Size): Filled {
  const world = new World({ config: { maxCompletedTasksPerFramework: finished, stepWorkMax } })
  const infos = Array.from({ length: frameworks }, (_, index) => frameworkInfo(index))
  const taskCount = Math.ceil((running + finished) / agents)
  const all = Array.from({ length: agents }, (_, index) => addAgent(world, index, { taskCount, infos })).flat()
  const schedulers = infos.map((info) => world.subscribe(info, { suppressed_roles: info.roles ?? [] }))
  const forget = (): void => {
    world.events.clear()
    world.links.clear()
    world.notes.length = 0
  }
  const where = ([agent, framework, id]: Running): Where | undefined => {
    const scheduler = schedulers[framework]
    return scheduler && [scheduler, agent, id]
  }
  for (const one of all.splice(0, finished)) {
    const place = where(one)
    if (place) world.acknowledge(place, world.update(place, 'TASK_FINISHED'))
  }
  forget()
  let next = 0
  const churn = (count: number): void => {
    for (let n = 0; n < count; n++) {
      const place = all[(next++ * 7919) % all.length]
      const at = place && where(place)
      if (at) world.update(at, 'TASK_RUNNING', { message: `change ${next}` })
    }
    forget()
  }
  return { world, churn }
}

export type FilledMaster = Filled & { readonly port: number; readonly loop: MasterLoop; close(): Promise<void> }

/** The same, answering on a free port. */
export async function serveFilled(size: Size): Promise<FilledMaster> {
  const filled = fillMaster(size)
  const { master } = filled.world
  const logger = createLogger({ name: 'master', level: 'fatal' })
  const metrics = createMetrics()
  const store = await openStore('memory:')
  const leadership = { token: 1, name: 'master', lost: new AbortController().signal, resign: () => Promise.resolve() }
  const fail = (error: unknown): never => {
    throw error
  }
  const loop = new MasterLoop({ master, store, leadership, metrics, note: () => undefined, loop: {}, onFatal: fail })
  const app = createHttpApp({ logger })
  app.use(
    createRouter({
      loop,
      leading: () => ({ state: 'here', leader: 'localhost:5050' }),
      masterOrBlank: () => master,
      whole: (shows) => loop.whole(shows),
      surroundings: { version: { version: '1.12.0' }, flags: {} },
      processMetrics: () => metrics.snapshot(),
      onSlowReader: () => metrics.counter('http/slow_readers_cut').increment(),
      logging: createLogging(logger),
      files: new VirtualFiles(new Map()),
      logins: { scheduler: undefined, readonly: undefined, readwrite: undefined },
    }),
  )
  app.use(errorMiddleware({ logger, format: textErrors }))
  const listening = await listen({ target: app, ip: '127.0.0.1', port: 0, insecure: false, authenticated: false })
  const close = async (): Promise<void> => {
    await listening.close(0)
    await loop.close()
    await store.close()
  }
  return { ...filled, port: listening.port, loop, close }
}
