import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AgentProcess, FRAMEWORK } from './testing/agent-process.ts'

let agent: AgentProcess

before(async () => {
  agent = await AgentProcess.start()
})
after(async () => {
  await agent.close()
})

const shell = (value: string) => ({ command: { shell: true, value } })

test('[mesos 101] a command task goes through STARTING and RUNNING to FINISHED', async () => {
  agent.runTask({ id: 'ok', ...shell('echo hello') })
  const finished = await agent.master.state('ok', 'TASK_FINISHED')
  assert.deepEqual(agent.master.states('ok'), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'])
  assert.equal(finished.message, 'Command exited with status 0')
  assert.equal(finished.source, 'SOURCE_EXECUTOR')
  assert.ok(finished.container_status?.container_id?.value)
})

test('exit statuses and signals are told in Mesos words', async () => {
  agent.runTask({ id: 'exit3', ...shell('exit 3') })
  agent.runTask({ id: 'signal', ...shell('kill -9 $$') })
  agent.runTask({ id: 'missing', command: { shell: false, value: '/no/such/binary' } })
  assert.equal((await agent.master.state('exit3', 'TASK_FAILED')).message, 'Command exited with status 3')
  assert.equal((await agent.master.state('signal', 'TASK_FAILED')).message, 'Command terminated with signal Killed')
  assert.equal((await agent.master.state('missing', 'TASK_FAILED')).message, 'Command exited with status 1')
})

test('a killed task ends KILLED after KILLING, and stubborn ones after their grace', async () => {
  agent.runTask({ id: 'kill', ...shell('sleep 100') })
  agent.runTask({ id: 'stubborn', ...shell("trap '' TERM; while true; do sleep 1; done") })
  await agent.master.state('kill', 'TASK_RUNNING')
  await agent.master.state('stubborn', 'TASK_RUNNING')
  const kill = (id: string, nanoseconds?: number): void => {
    const policy = nanoseconds === undefined ? {} : { kill_policy: { grace_period: { nanoseconds } } }
    const ids = { framework_id: FRAMEWORK.id ?? { value: '' }, task_id: { value: id } }
    agent.master.send({ type: 'KILL_TASK', kill_task: { ...ids, ...policy } })
  }
  kill('kill')
  kill('stubborn', 500_000_000)
  const killed = await agent.master.state('kill', 'TASK_KILLED')
  assert.equal(killed.message, 'Command terminated with signal Terminated')
  assert.deepEqual(agent.master.states('kill'), ['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_KILLED'])
  assert.equal((await agent.master.state('stubborn', 'TASK_KILLED')).message, 'Command terminated with signal Killed')
})
