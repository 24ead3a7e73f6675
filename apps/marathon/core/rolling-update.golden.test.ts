import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { FakeCluster } from './test-kit/fake-cluster.ts'

const golden = new URL('rolling-update.golden.txt', import.meta.url)

/** Ids that are drawn become names in order of appearance. */
class Names {
  readonly #names = new Map<string, string>()

  shorten(text: string): string {
    return text.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
      const name = this.#names.get(id) ?? `#${this.#names.size + 1}`
      this.#names.set(id, name)
      return name
    })
  }
}

function line(cluster: FakeCluster, from: { events: number; calls: number }): string[] {
  const shown = new Set(['instanceId', 'condition', 'taskId', 'taskStatus', 'id', 'alive', 'currentStep'])
  const events = cluster.events.slice(from.events).map(({ eventType, data }) => {
    const fields = Object.entries(data).filter(([key]) => shown.has(key))
    return `  event ${eventType} ${fields.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(' ')}`
  })
  const calls = cluster.calls.slice(from.calls).map(({ type, accept, kill }) => {
    const tasks = accept?.operations?.flatMap(({ launch }) => launch?.task_infos ?? []) ?? []
    return `  call ${type} ${kill?.task_id.value ?? tasks.map(({ task_id }) => task_id.value).join(' ')}`
  })
  return [...calls.map((text) => text.trimEnd()), ...events]
}

test('[marathon 65] the conversation of a rolling update with {0.5, 0}', () => {
  const cluster = new FakeCluster({
    agents: [{ id: 'agent-1', host: 'host-1', resources: 'cpus:8;mem:8192;disk:999;ports:[31000-31100]' }],
  })
  cluster.subscribe()
  cluster.create({
    id: '/web',
    cmd: 'sleep 1',
    instances: 2,
    upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 },
    healthChecks: [{ protocol: 'COMMAND', command: { value: 'true' } }],
  })
  cluster.offerAll()
  for (const id of cluster.running()) cluster.tell(id, 'TASK_RUNNING', { healthy: true })
  cluster.isPrompt = false

  const names = new Names()
  const trace: string[] = []
  const record = (what: string, act: () => void): void => {
    const from = { events: cluster.events.length, calls: cluster.calls.length }
    act()
    trace.push(names.shorten(what), ...line(cluster, from).map((text) => names.shorten(text)))
  }
  const killed = (): string => cluster.calls.findLast(({ type }) => type === 'KILL')?.kill?.task_id.value ?? ''
  const launched = (): string => [...cluster.tasks.keys()].at(-1) ?? ''

  record('update', () => void cluster.update('/web', { cmd: 'sleep 2' }))
  for (let i = 0; i < 2; i++) {
    record('the killed task ends', () => cluster.tell(killed(), 'TASK_KILLED'))
    record('offers', () => cluster.offerAll())
    record('the new task runs', () => cluster.tell(launched(), 'TASK_RUNNING'))
    record('the new task is healthy', () => cluster.tell(launched(), 'TASK_RUNNING', { healthy: true }))
  }
  assert.equal(cluster.state.deployments.size, 0)

  const text = `${trace.join('\n')}\n`
  if (process.argv.includes('--write-golden')) writeFileSync(golden, text)
  assert.equal(text, readFileSync(golden, 'utf8'))
})
