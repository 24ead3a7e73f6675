import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { serveFilled } from '../../testing/filled-master.ts'

type Frameworks = { readonly frameworks: readonly { readonly tasks: readonly unknown[] }[] }

test('a step that takes many turns holds up neither the event loop nor is seen half done', async (t) => {
  const filled = await serveFilled({ agents: 20, frameworks: 1, running: 8_000, finished: 0, stepWorkMax: 10 })
  t.after(() => filled.close())
  const { loop, world, port } = filled
  const [framework] = world.master.frameworks.values()
  assert.ok(framework)
  const read = async (path: string): Promise<unknown> => (await fetch(`http://127.0.0.1:${port}${path}`)).json()
  const shown = async (): Promise<number | undefined> => {
    const { frameworks } = (await read('/frameworks')) as Frameworks
    return frameworks[0]?.tasks.length
  }
  const running = async (): Promise<number> => {
    const metrics = (await read('/metrics/snapshot')) as Record<string, number>
    return metrics['master/tasks_running'] ?? NaN
  }
  assert.deepEqual([await shown(), await running()], [8_000, 8_000])
  const removed = loop.ask({
    type: 'operator-call',
    call: { type: 'TEARDOWN', teardown: { framework_id: { value: framework.id } } },
  })
  while (framework.tasks.size === 8_000) await nextTurn()
  assert.ok(world.master.frameworks.has(framework.id), 'it is under way')
  assert.deepEqual(await Promise.all([shown(), running()]), [undefined, 0])
  assert.equal((await removed).status, 200)
})
