import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentProcess, FRAMEWORK } from '../../testing/agent-process.ts'
import { OperatorClient } from '../../testing/operator-client.ts'

/** By then a request has reached the agent; nothing tells of one that is waiting. */
const requestArrivesMs = 1000

/** Real processes, plain and isolated. */
for (const isolation of process.getuid?.() === 0 ? ['posix', 'auto'] : ['posix']) {
  describe(`containers of operators, isolation ${isolation}`, { timeout: 120_000 }, () => {
    let agent: AgentProcess
    let operator: OperatorClient
    before(async () => {
      agent = await AgentProcess.start([`--isolation=${isolation}`])
      operator = new OperatorClient(agent.url)
    })
    after(() => agent.close())

    const hostOf = async (id: string, value = 'sleep 1000'): Promise<{ value: string }> => {
      agent.runTask({ id, command: { shell: true, value } })
      const status = await agent.master.state(id, 'TASK_RUNNING')
      return { value: status.container_status?.container_id?.value ?? '' }
    }
    const launch = (id: unknown, value: string, more: object = {}) =>
      operator.call({
        type: 'LAUNCH_NESTED_CONTAINER',
        launch_nested_container: { container_id: id, command: { value }, ...more },
      })
    const wait = (id: unknown) =>
      operator.call({ type: 'WAIT_NESTED_CONTAINER', wait_nested_container: { container_id: id } })
    const kill = (id: unknown, signal?: number) =>
      operator.call({ type: 'KILL_NESTED_CONTAINER', kill_nested_container: { container_id: id, signal } })
    const remove = (id: unknown) =>
      operator.call({ type: 'REMOVE_NESTED_CONTAINER', remove_nested_container: { container_id: id } })
    const exitStatus = async (id: unknown): Promise<unknown> =>
      (JSON.parse((await wait(id)).text) as { wait_nested_container: { exit_status?: number } }).wait_nested_container
    const directoryOf = async (executorId: string): Promise<string> => {
      type State = { frameworks: { executors: { id: string; directory: string }[] }[] }
      const { frameworks } = await agent.json<State>('/state')
      const executors = frameworks.flatMap(({ executors }) => executors)
      return executors.find(({ id }) => id === executorId)?.directory ?? ''
    }

    test('[mesos 187] [mesos 214] LAUNCH_, WAIT_, REMOVE_NESTED_CONTAINER: a child of a task with its own sandbox', async () => {
      const parent = await hostOf('host')
      const id = { value: 'n1', parent }
      assert.deepEqual(await launch(id, 'pwd; echo "$MESOS_SANDBOX"; exit 4'), { status: 200, type: null, text: '' })
      assert.deepEqual(await exitStatus(id), { exit_status: 1024 })
      assert.equal((await launch(id, 'true')).status, 202)
      const sandbox = `${await directoryOf('host')}/containers/n1`
      assert.equal(readFileSync(`${sandbox}/stdout`, 'utf8'), `${sandbox}\n${sandbox}\n`)
      assert.deepEqual(await remove(id), { status: 200, type: null, text: '' })
      assert.equal(existsSync(sandbox), false)
      assert.deepEqual(await wait(id), {
        status: 404,
        type: 'text/plain; charset=utf-8',
        text: `Container ${parent.value}.n1 cannot be found`,
      })
      assert.equal((await remove(id)).status, 200)
    })

    test('[mesos 214] KILL_NESTED_CONTAINER: by the signal that is asked for, once', async () => {
      const id = { value: 'n2', parent: await hostOf('host2') }
      assert.equal((await launch(id, 'trap "exit 3" USR1; echo ready; while :; do sleep 0.05; done')).status, 200)
      const stdout = `${await directoryOf('host2')}/containers/n2/stdout`
      await eventually('it is ready', () => readFileSync(stdout, 'utf8') === 'ready\n')
      const refused = await remove(id)
      assert.deepEqual([refused.status, refused.text], [500, 'Nested container has not terminated yet'])
      assert.equal((await kill(id, 10)).status, 200)
      assert.deepEqual(await exitStatus(id), { exit_status: 768 })
      const again = await kill(id)
      const text = `Container '${id.parent.value}.n2' cannot be found (or is already killed)`
      assert.deepEqual([again.status, again.text], [404, text])
      const other = { value: 'n3', parent: id.parent }
      await launch(other, 'sleep 1000')
      const waiting = exitStatus(other)
      assert.equal((await kill(other)).status, 200)
      assert.deepEqual(await waiting, { exit_status: 9 })
    })

    test('children of children end with the task, and nothing is known of them afterwards', async () => {
      const child = { value: 'child', parent: await hostOf('host4') }
      const grandchild = { value: 'grandchild', parent: child }
      assert.equal((await launch(child, 'sleep 1000')).status, 200)
      assert.equal((await launch(grandchild, 'sleep 1000')).status, 200)
      const waits = [exitStatus(child), exitStatus(grandchild)]
      await sleep(requestArrivesMs)
      agent.master.send({
        type: 'KILL_TASK',
        kill_task: { framework_id: FRAMEWORK.id ?? { value: '' }, task_id: { value: 'host4' } },
      })
      await agent.master.state('host4', 'TASK_KILLED')
      for (const ended of await Promise.all(waits)) assert.deepEqual(ended, { exit_status: 9 })
      assert.equal((await wait(child)).status, 404)
      const orphan = await launch({ value: 'late', parent: child }, 'true')
      const text = `Parent container ${child.parent.value}.child does not exist`
      assert.deepEqual([orphan.status, orphan.text], [400, text])
    })

    test('a child ends with the container that it is nested in, its parent goes on', async () => {
      const child = { value: 'child', parent: await hostOf('host5') }
      const grandchild = { value: 'grandchild', parent: child }
      await launch(child, 'sleep 1000')
      await launch(grandchild, 'sleep 1000')
      const ended = exitStatus(grandchild)
      await sleep(requestArrivesMs)
      await kill(child, 15)
      assert.deepEqual(await ended, { exit_status: 9 })
      assert.deepEqual(await exitStatus(child), { exit_status: 15 })
      assert.equal((await wait(grandchild)).status, 404)
      assert.deepEqual(agent.master.states('host5'), ['TASK_STARTING', 'TASK_RUNNING'])
    })

    test('[mesos 186] [mesos 214] LAUNCH_, WAIT_, KILL_, REMOVE_CONTAINER: a container that stands alone', async () => {
      const id = { value: 'alone' }
      const launched = await operator.call({
        type: 'LAUNCH_CONTAINER',
        launch_container: {
          container_id: id,
          command: {
            value: 'echo "$HELLO"; sleep 1000',
            environment: { variables: [{ name: 'HELLO', value: 'you' }] },
          },
          resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 0.1 } }],
        },
      })
      assert.deepEqual(launched, { status: 200, type: null, text: '' })
      const sandbox = `${agent.workDir}/containers/alone`
      await eventually('it speaks', () => readFileSync(`${sandbox}/stdout`, 'utf8') === 'you\n')
      const shown = async (options: object) => {
        const { text } = await operator.call({ type: 'GET_CONTAINERS', get_containers: options })
        type Shown = { get_containers: { containers?: { container_id: { value: string } }[] } }
        const { containers = [] } = (JSON.parse(text) as Shown).get_containers
        return containers.map((one) => one.container_id.value)
      }
      assert.equal((await shown({})).includes('alone'), false)
      assert.equal((await shown({ show_standalone: true })).includes('alone'), true)
      const waiting = operator.call({ type: 'WAIT_CONTAINER', wait_container: { container_id: id } })
      const remove = { type: 'REMOVE_CONTAINER', remove_container: { container_id: id } }
      assert.equal((await operator.call(remove)).status, 500)
      const killed = await operator.call({ type: 'KILL_CONTAINER', kill_container: { container_id: id, signal: 15 } })
      assert.equal(killed.status, 200)
      assert.deepEqual(JSON.parse((await waiting).text), {
        type: 'WAIT_CONTAINER',
        wait_container: { exit_status: 15 },
      })
      assert.equal((await operator.call(remove)).status, 200)
      assert.equal(existsSync(sandbox), false)
    })

    test('a restarted agent finds them: running, ended meanwhile, ended before', async () => {
      const parent = await hostOf('host6')
      const [runs, ends, ended] = ['runs', 'ends', 'ended'].map((value) => ({ value, parent }))
      await launch(runs, 'sleep 1000')
      await launch(ends, 'while [ ! -e go ]; do sleep 0.05; done; exit 7')
      await launch(ended, 'exit 8')
      assert.deepEqual(await exitStatus(ended), { exit_status: 2048 })
      const sandbox = `${await directoryOf('host6')}/containers`
      await agent.kill('SIGKILL')
      writeFileSync(`${sandbox}/ends/go`, '')
      agent.run()
      await agent.master.wait(({ messages }) => messages.find(({ type }) => type === 'REREGISTER'), 60_000)
      await eventually(
        'the agent is back',
        async () => (await wait(ends).catch(() => undefined))?.status === 200,
        30_000,
      )
      assert.deepEqual(await exitStatus(ends), { exit_status: 1792 })
      assert.deepEqual(await exitStatus(ended), { exit_status: 2048 })
      assert.equal((await launch(runs, 'true')).status, 202)
      assert.equal((await kill(runs)).status, 200)
      assert.deepEqual(await exitStatus(runs), { exit_status: 9 })
    })

    test('what cannot be launched is refused with the reason, and its id is free again', async () => {
      const parent = await hostOf('host7')
      const id = { value: 'bad', parent }
      const docker = await launch(id, 'true', { container: { type: 'DOCKER', docker: { image: 'x' } } })
      assert.deepEqual([docker.status, docker.text], [400, 'The provided ContainerInfo is not supported'])
      const nobody = await launch({ value: 'bad', parent: { value: 'nobody' } }, 'true')
      assert.deepEqual([nobody.status, nobody.text], [400, 'Parent container nobody does not exist'])
      const user = await operator.call({
        type: 'LAUNCH_NESTED_CONTAINER',
        launch_nested_container: { container_id: id, command: { value: 'true', user: 'no-such-user' } },
      })
      assert.equal(user.status, 400)
      assert.match(user.text, /no-such-user/)
      assert.equal((await launch(id, 'true')).status, 200)
    })
  })
}
