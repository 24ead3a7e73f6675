/**
 * Agents that are killed or out of reach, and their tasks. `RECOVERY_ROUNDS=100` makes the first test long; it prints
 * how long the agent took to know all of its tasks again.
 */
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { MesosPair } from './harness/mesos-pair.ts'
import { isAlive } from './harness/processes.ts'
import { TaskFramework } from './harness/task-framework.ts'

const ROUNDS = Number(process.env['RECOVERY_ROUNDS'] ?? 3)
const TASKS = 50
/** Of the signal to the agent's death, long enough that the master notices the loss in some rounds. */
const DOWN_MS_MAX = 1500

type AgentState = {
  readonly frameworks: readonly { readonly executors: readonly { readonly tasks: readonly object[] }[] }[]
}

const pidOf = (framework: TaskFramework, id: string): number =>
  Number(
    framework.of(id).findLast((status) => status.container_status?.executor_pid !== undefined)?.container_status
      ?.executor_pid,
  )

async function knownTasks(pair: MesosPair): Promise<number> {
  const { frameworks } = await pair.json<AgentState>('agent', '/state')
  return frameworks.flatMap(({ executors }) => executors.flatMap(({ tasks }) => tasks)).length
}

test(`[reliability R5] ${TASKS} tasks keep their pids over ${ROUNDS} times kill -9 and restart of their agent`, async () => {
  const pair = await MesosPair.start()
  const framework = new TaskFramework(pair.master.url)
  try {
    const ids = Array.from({ length: TASKS }, (_, index) => `keep-${index}`)
    framework.launch(Object.fromEntries(ids.map((id) => [id, 'exec sleep 100000'])))
    await framework.states('TASK_RUNNING', ids)
    const pids = new Map(ids.map((id) => [id, pidOf(framework, id)]))
    const heard = framework.statuses.length
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const ended = `ends-${round}`
      framework.launch({ [ended]: `sleep ${(round % 10) / 10}` })
      await eventually('the short task is heard of', () => framework.of(ended).length > 0)
      await pair.agent.end('SIGKILL')
      await delay((round % 4) * (DOWN_MS_MAX / 3))
      const started = performance.now()
      pair.agent.start()
      await eventually('all tasks are known again', async () => (await knownTasks(pair)) >= TASKS)
      times.push(performance.now() - started)
      assert.deepEqual(
        [...pids].filter(([, pid]) => !isAlive(pid)),
        [],
        `round ${round}`,
      )
      await eventually('the end of the short task is delivered', () =>
        framework.of(ended).some(({ state }) => state === 'TASK_FINISHED'),
      )
    }
    const sorted = times.toSorted((a, b) => a - b).map(Math.round)
    process.stdout.write(
      `${ROUNDS} restarts, ${TASKS} tasks known after ms: median ${sorted[Math.floor(ROUNDS / 2)]}, max ${sorted.at(-1)}\n`,
    )
    const later = framework.statuses.slice(heard).filter(({ task_id }) => ids.includes(task_id.value))
    assert.deepEqual(later, [], 'nothing was told of tasks to which nothing happened')
    for (let round = 0; round < ROUNDS; round++) {
      const ends = framework.of(`ends-${round}`).map(({ uuid }) => String(uuid))
      const states = [
        ...new Map(framework.of(`ends-${round}`).map((status) => [String(status.uuid), status.state])).values(),
      ]
      assert.deepEqual(states, ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'], `${ends.length} updates`)
    }
  } finally {
    await framework.close()
    await pair.remove()
  }
})

test('[reliability R6] an agent out of reach and back: partition-aware frameworks hear UNREACHABLE, others LOST, then all RUNNING', async () => {
  const pair = await MesosPair.start({ masterFlags: ['--agent_ping_timeout=500ms', '--max_agent_ping_timeouts=2'] })
  const aware = new TaskFramework(pair.master.url)
  const unaware = new TaskFramework(pair.master.url, [])
  try {
    aware.launch({ a: 'exec sleep 100000' })
    unaware.launch({ u: 'exec sleep 100000' })
    await aware.states('TASK_RUNNING', ['a'])
    await unaware.states('TASK_RUNNING', ['u'])
    const pids = [pidOf(aware, 'a'), pidOf(unaware, 'u')]
    pair.agent.signal('SIGSTOP')
    await aware.states('TASK_UNREACHABLE', ['a'])
    await unaware.states('TASK_LOST', ['u'])
    pair.agent.signal('SIGCONT')
    await aware.states('TASK_RUNNING', ['a'])
    await unaware.states('TASK_RUNNING', ['u'])
    const story = (away: string): string[] => [
      'TASK_STARTING',
      'TASK_RUNNING',
      `${away} REASON_AGENT_REMOVED`,
      'TASK_RUNNING REASON_AGENT_REREGISTERED',
    ]
    assert.deepEqual(aware.story('a'), story('TASK_UNREACHABLE'))
    assert.deepEqual(unaware.story('u'), story('TASK_LOST'))
    assert.deepEqual(
      pids.map(isAlive),
      [true, true],
      'as in Mesos, nobody kills the tasks of frameworks that are not aware',
    )
  } finally {
    await aware.close()
    await unaware.close()
    await pair.remove()
  }
})
