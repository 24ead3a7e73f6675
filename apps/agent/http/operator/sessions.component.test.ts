import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { AgentProcess } from '../../testing/agent-process.ts'
import { OperatorClient } from '../../testing/operator-client.ts'
import type { OutputStream } from '../../testing/operator-client.ts'

for (const isolation of process.getuid?.() === 0 ? ['posix', 'auto'] : ['posix']) {
  describe(`sessions in containers, isolation ${isolation}`, { timeout: 120_000 }, () => {
    let agent: AgentProcess
    let operator: OperatorClient
    let parent: { value: string }
    before(async () => {
      agent = await AgentProcess.start([`--isolation=${isolation}`])
      operator = new OperatorClient(agent.url)
      const variables = [{ name: 'OF_TASK', value: 'inherited' }]
      agent.runTask({ id: 'host', command: { shell: true, value: 'sleep 1000', environment: { variables } } })
      const { container_status: status } = await agent.master.state('host', 'TASK_RUNNING')
      parent = { value: status?.container_id?.value ?? '' }
    })
    after(() => agent.close())

    const session = (
      value: string,
      command: string,
      { accept, ...more }: { readonly accept?: string; readonly container?: object } = {},
    ): Promise<OutputStream> =>
      operator.stream(
        {
          type: 'LAUNCH_NESTED_CONTAINER_SESSION',
          launch_nested_container_session: { container_id: { value, parent }, command: { value: command }, ...more },
        },
        accept,
      )
    const ended = async (value: string): Promise<unknown> => {
      const body = { type: 'WAIT_NESTED_CONTAINER', wait_nested_container: { container_id: { value, parent } } }
      return (JSON.parse((await operator.call(body)).text) as { wait_nested_container: unknown }).wait_nested_container
    }

    for (const messageType of ['application/json', 'application/x-protobuf']) {
      test(`[mesos 188] [mesos 214] LAUNCH_NESTED_CONTAINER_SESSION: output as records of ${messageType}`, async () => {
        const name = `s-${messageType.replaceAll(/\W/g, '-')}`
        const output = await session(name, 'echo "$OF_TASK"; pwd; echo err >&2; exit 6', { accept: messageType })
        const { headers, status } = output.response
        assert.equal(status, 200)
        assert.equal(headers.get('content-type'), 'application/recordio')
        assert.equal(headers.get('message-content-type'), messageType)
        await output.end()
        assert.match(output.said('STDOUT'), /^inherited\n\/.*\/runs\/[^/]+\n$/)
        assert.equal(output.said('STDERR'), 'err\n')
        assert.deepEqual(await ended(name), { exit_status: 6 << 8 })
      })
    }

    test('[mesos 189] [mesos 214] ATTACH_CONTAINER_INPUT: what is typed arrives, and so does the end of it', async () => {
      const output = await session('cat', 'cat; echo over')
      const input = operator.input({ value: 'cat', parent })
      input.type('hello ')
      input.type('world\n')
      await eventually('it is said', () => output.said('STDOUT') === 'hello world\n')
      input.type('')
      input.end()
      await output.end()
      assert.equal(output.said('STDOUT'), 'hello world\nover\n')
      assert.equal((await input.answer).status, 200)
    })

    test('one has the input at a time, and a record that means nothing is refused', async () => {
      const output = await session('one', 'cat')
      const input = operator.input({ value: 'one', parent })
      input.type('a\n')
      await eventually('it is said', () => output.said('STDOUT') === 'a\n')
      const second = operator.input({ value: 'one', parent })
      second.end()
      const { status, text } = await second.answer
      assert.deepEqual([status, text], [409, 'Multiple input connections are not allowed'])
      input.record({ type: 'CONTAINER_ID', container_id: { value: 'one', parent } })
      const refused = await input.answer
      assert.equal(refused.status, 400)
      assert.match(refused.text, /Expecting 'attach_container_input.type' to be 'PROCESS_IO'/)
      output.hangUp()
    })

    test('[mesos 189] [mesos 214] ATTACH_CONTAINER_OUTPUT: another reads along; without a stream to read it says so', async () => {
      const output = await session('both', 'read x; echo "got $x"')
      const attach = (id: unknown) =>
        operator.stream({ type: 'ATTACH_CONTAINER_OUTPUT', attach_container_output: { container_id: id } })
      const along = await attach({ value: 'both', parent })
      const input = operator.input({ value: 'both', parent })
      input.type('it\n')
      await Promise.all([output.end(), along.end()])
      assert.deepEqual([output.said('STDOUT'), along.said('STDOUT')], ['got it\n', 'got it\n'])
      input.end()
      const task = (await attach(parent)).response
      assert.deepEqual([task.status, (await attach({ value: 'x' })).response.status], [500, 404])
    })

    test('a session ends when its connection does', async () => {
      const output = await session('gone', 'echo up; sleep 1000')
      await eventually('it is up', () => output.said('STDOUT') === 'up\n')
      const waiting = ended('gone')
      output.hangUp()
      assert.deepEqual(await waiting, { exit_status: 9 })
    })

    test('a session goes on when its command closes its output, and its connection with it', async () => {
      const output = await session('quiet', 'exec >&- 2>&-; sleep 0.5; exit 7')
      await output.end()
      assert.deepEqual(await ended('quiet'), { exit_status: 7 << 8 })
    })

    test('a reader that does not read holds the container back, and gets everything when it does', async () => {
      const output = await session('much', 'head -c 20000000 /dev/zero; echo done >&2')
      await output.end()
      assert.equal(output.said('STDOUT').length, 20_000_000)
      assert.equal(output.said('STDERR'), 'done\n')
    })

    test('[mesos 110] a session with a terminal: a pts of the size that it is given, also later', async () => {
      const container = { type: 'MESOS', tty_info: { window_size: { rows: 30, columns: 90 } } }
      const command = 'trap "stty size" WINCH; tty; stty size; while :; do sleep 0.05; done'
      const output = await session('tty', command, { container })
      await eventually('it has a terminal', () => /\/dev\/pts\/\d+\r\n30 90\r\n/.test(output.said('STDOUT')))
      const input = operator.input({ value: 'tty', parent })
      input.resize(40, 120)
      await eventually('it is told the size', () => output.said('STDOUT').endsWith('40 120\r\n'))
      // What a terminal makes of control-C.
      input.type('\u0003')
      await output.end()
      assert.deepEqual(await ended('tty'), { exit_status: 130 << 8 })
      assert.equal((await input.answer).status, 200)
    })

    test('[mesos 110] a task with a terminal is attached to, also after the agent was killed and came back', async () => {
      const container = { type: 'MESOS', tty_info: { window_size: { rows: 24, columns: 80 } } } as const
      const value = 'tty; while read line; do echo "heard $line"; [ "$line" = bye ] && exit 0; done'
      agent.runTask({ id: 'shell', container, command: { shell: true, value } })
      const { container_status: status } = await agent.master.state('shell', 'TASK_RUNNING')
      const id = { value: status?.container_id?.value ?? '' }
      const attach = () =>
        operator.stream({ type: 'ATTACH_CONTAINER_OUTPUT', attach_container_output: { container_id: id } })
      const before = await attach()
      const input = operator.input(id)
      input.type('one\n')
      await eventually('it answers', () => before.said('STDOUT').includes('heard one\r\n'))
      input.end()
      assert.equal((await input.answer).status, 200)
      before.hangUp()
      await agent.restart()
      await agent.master.wait(({ messages }) => messages.find(({ type }) => type === 'REREGISTER'))
      const again = await attach()
      const second = operator.input(id)
      second.type('bye\n')
      await eventually('it answers again', () => again.said('STDOUT').includes('heard bye\r\n'))
      second.end()
      await agent.master.state('shell', 'TASK_FINISHED')
      await again.end()
    })
  })
}
