/** Finding and keeping a master: register, answer pings, start over when they stop. */
import type { agentLink, mesos } from '@thermosphere/protocol'
import { saveAgent } from './checkpoint/checkpoint.ts'
import { openFramework } from './executors/frameworks.ts'
import { resendOperations } from './resources/operations.ts'
import { stopEstimates, tellOversubscribed } from './resources/oversubscription.ts'
import { checkpointedResources } from './resources/resources.ts'
import type { AgentState } from './state.ts'
import { reportUnknownTask } from './tasks/statuses.ts'
import { pauseStreams, resendHeads } from './tasks/status-updates.ts'
import { droppedState } from './tasks/task-states.ts'
import type { Turn } from './turn.ts'
import { reregisterMessage } from './views/reregister.ts'

/** Everything that this agent is capable of; `--agent_features` may leave some of it out. */
export const CAPABILITIES = [
  'MULTI_ROLE',
  'HIERARCHICAL_ROLE',
  'RESERVATION_REFINEMENT',
  'RESOURCE_PROVIDER',
  'RESIZE_VOLUME',
  'AGENT_OPERATION_FEEDBACK',
  'AGENT_DRAINING',
  'TASK_RESOURCE_LIMITS',
] as const satisfies readonly mesos.AgentInfo_Capability_Type[]

const DEFAULT_PING_TIMEOUT_MS = 75_000
const RETRY_MAX_MS = 60_000
const RETRY_TIMER = 'registration'
const PING_TIMER = 'ping'

export function agentInfo(state: AgentState): mesos.AgentInfo {
  const { config } = state
  return {
    hostname: config.hostname,
    port: config.port,
    resources: [...config.resources],
    ...(config.attributes.length === 0 ? {} : { attributes: [...config.attributes] }),
    ...(config.domain === undefined ? {} : { domain: config.domain }),
    ...(state.agentId === undefined ? {} : { id: { value: state.agentId } }),
  }
}

export function onLinkUp(turn: Turn): void {
  turn.state.link = { type: 'registering', attempts: 0, pingTimeoutMs: DEFAULT_PING_TIMEOUT_MS }
  armRegistration(turn)
}

export function onLinkDown(turn: Turn): void {
  turn.state.link = { type: 'disconnected' }
  turn.timer(RETRY_TIMER, undefined)
  turn.timer(PING_TIMER, undefined)
  stopEstimates(turn)
  pauseStreams(turn)
}

/**
 * The link carries a registration to the master or ends. So it is said once: a busy master to which thousands of agents
 * come with all their tasks would have to read every repetition of them.
 */
export function onRegistrationTimer(turn: Turn): void {
  // Who is going is not to be counted with: it would not tell of tasks that it still has to end.
  if (turn.state.link.type !== 'registering' || turn.state.shuttingDown) return
  if (turn.state.link.attempts++ === 0) sendRegistration(turn)
  else turn.soon({ type: 'send', message: { type: 'AWAITING_REGISTRATION' } })
  armRegistration(turn)
}

/** Also the first attempt waits: all agents find a new leader at once. The formula is Mesos'. */
function armRegistration(turn: Turn): void {
  const { link, config, random } = turn.state
  if (link.type !== 'registering') return
  const longestMs = Math.min(RETRY_MAX_MS, config.registrationBackoffMs * 2 ** Math.min(link.attempts, 20))
  turn.timer(RETRY_TIMER, turn.now + Math.floor(random.fraction() * longestMs))
}

function sendRegistration(turn: Turn): void {
  const { state } = turn
  const common = {
    agent_info: { ...agentInfo(state), checkpoint: true },
    version: state.config.version,
    capabilities: state.config.capabilities.map((type) => ({ type })),
    checkpointed_resources: checkpointedResources(state.total),
    ...(state.resourceVersion === undefined ? {} : { resource_version_uuid: { value: state.resourceVersion } }),
    http_port: state.config.port,
    ...(state.config.advertisedIp === undefined ? {} : { advertised_ip: state.config.advertisedIp }),
  }
  const message: agentLink.AgentMessage =
    state.agentId === undefined
      ? { type: 'REGISTER', register: common }
      : { type: 'REREGISTER', reregister: { ...common, ...reregisterMessage(state) } }
  // The master tells frameworks of the states of tasks in it: a crash must not take them back.
  turn.durable({ type: 'send', message })
}

export function onRegistered(turn: Turn, message: agentLink.MasterMessage_Registered): void {
  const id = message.agent_id.value
  if (turn.state.agentId !== undefined && turn.state.agentId !== id) {
    turn.soon({ type: 'exit', code: 1, message: `the master calls this agent ${id}, it is ${turn.state.agentId}` })
    return
  }
  turn.state.agentId = id
  saveAgent(turn, id)
  turn.durable({ type: 'agent-id', agentId: id })
  becomeRegistered(turn, message.total_ping_timeout_ms)
  turn.soon({ type: 'log', level: 'info', event: 'agent.registered', fields: { agentId: id } })
}

export function onReregistered(turn: Turn, message: agentLink.MasterMessage_Reregistered): void {
  // Remembered anew: an additive change of the configuration is the agent's own from now on.
  saveAgent(turn, message.agent_id.value)
  becomeRegistered(turn, message.total_ping_timeout_ms)
  turn.soon({ type: 'log', level: 'info', event: 'agent.reregistered', fields: { agentId: message.agent_id.value } })
  for (const task of message.reconcile_tasks ?? []) reconcileTask(turn, task)
}

function becomeRegistered(turn: Turn, totalPingTimeoutMs: number | bigint | undefined): void {
  const pingTimeoutMs = Number(totalPingTimeoutMs ?? DEFAULT_PING_TIMEOUT_MS)
  turn.state.link = { type: 'registered', pingTimeoutMs }
  turn.timer(RETRY_TIMER, undefined)
  turn.timer(PING_TIMER, turn.now + pingTimeoutMs)
  for (const framework of turn.state.frameworks.values()) resendHeads(turn, framework)
  resendOperations(turn)
  tellOversubscribed(turn, { anyway: true })
}

/** The master believes in a task that is not here: said so through the reliable path. */
function reconcileTask(turn: Turn, asked: agentLink.MasterMessage_TaskRef): void {
  const taskId = asked.task_id.value
  const known = turn.state.frameworks.get(asked.framework_id.value)
  const framework = known ?? (asked.framework_info && openFramework(turn, asked.framework_info))
  // The end of a task that waits for its acknowledgement answers by itself.
  if (framework === undefined || framework.streams.get(taskId)?.ended === true) return
  for (const executor of framework.executors.values()) {
    const isQueued = executor.queued.some(({ tasks }) => tasks.some((task) => task.info.task_id.value === taskId))
    if (isQueued || executor.tasks.has(taskId)) return
  }
  reportUnknownTask(turn, framework, {
    ids: { taskId, executorId: undefined },
    change: {
      state: droppedState(framework),
      reason: 'REASON_RECONCILIATION',
      message: 'Reconciliation: task unknown to the agent',
    },
  })
}

export function onPing(turn: Turn, connected: boolean): void {
  turn.soon({ type: 'send', message: { type: 'PONG' } })
  const { link } = turn.state
  if (link.type !== 'registered') return
  turn.timer(PING_TIMER, turn.now + link.pingTimeoutMs)
  // The master has marked us disconnected and we did not notice.
  if (!connected) onLinkUp(turn)
}

export function onPingTimer(turn: Turn): void {
  turn.soon({ type: 'reconnect', reason: 'the master has not pinged in time' })
}
