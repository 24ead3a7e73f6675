import fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeCluster } from './test-kit/fake-cluster.ts'

type Step = { readonly kind: 'offer' | 'wait' | 'fail' | 'flap' | 'kill-done'; readonly pick: number }

const upgrade = fc.record({
  instances: fc.integer({ min: 1, max: 6 }),
  minimumHealthCapacity: fc.constantFrom(0, 0.3, 0.5, 0.75, 1),
  maximumOverCapacity: fc.constantFrom(0, 0.2, 0.5, 1),
  checked: fc.boolean(),
  steps: fc.array(
    fc.record({
      kind: fc.constantFrom<Step['kind']>('offer', 'wait', 'fail', 'flap', 'kill-done'),
      pick: fc.integer({ min: 0, max: 99 }),
    }),
    { maxLength: 40 },
  ),
  seed: fc.integer({ min: 0, max: 1000 }),
})

const check = { protocol: 'COMMAND', command: { value: 'true' }, gracePeriodSeconds: 0, intervalSeconds: 1 }

class Upgrade {
  readonly cluster: FakeCluster
  readonly sick = new Set<string>()
  readonly dying = new Set<string>()
  #seenCalls = 0
  readonly #checked: boolean

  constructor(options: { instances: number; strategy: object; checked: boolean; seed: number }) {
    this.#checked = options.checked
    this.cluster = new FakeCluster({ seed: options.seed })
    this.cluster.subscribe()
    const healthChecks = options.checked ? [check] : []
    const { instances, strategy } = options
    this.cluster.create({
      id: '/web',
      cmd: 'sleep 1',
      instances,
      upgradeStrategy: strategy,
      backoffSeconds: 0,
      healthChecks,
    })
    this.cluster.settle(2)
    this.tellHealth()
    this.cluster.settle(2)
    assert.equal(this.cluster.state.deployments.size, 0)
    this.cluster.isPrompt = false
    this.#seenCalls = this.cluster.calls.length
  }

  healthy(): string[] {
    return this.cluster.running('/web').filter((id) => !this.sick.has(id) && !this.dying.has(id))
  }

  /** Launched tasks run, those that are not sick are healthy. */
  tellHealth(): void {
    for (const [id, task] of [...this.cluster.tasks]) {
      if (this.dying.has(id) || (task.state === 'TASK_RUNNING' && !this.#checked)) continue
      this.cluster.tell(id, 'TASK_RUNNING', this.#checked ? { healthy: !this.sick.has(id) } : {})
    }
  }

  finishKills(): void {
    for (const id of [...this.dying]) {
      this.dying.delete(id)
      if (this.cluster.tasks.has(id)) this.cluster.tell(id, 'TASK_KILLED')
    }
  }

  run({ kind, pick }: Step): void {
    const running = this.cluster.running('/web')
    const victim = running[pick % Math.max(1, running.length)]
    if (kind === 'offer') this.cluster.offerAll()
    else if (kind === 'wait') this.tellHealth()
    else if (kind === 'kill-done') this.finishKills()
    else if (kind === 'flap' && this.#checked && victim !== undefined) {
      if (!this.sick.delete(victim)) this.sick.add(victim)
      this.tellHealth()
    } else if (kind === 'fail' && victim !== undefined && !this.dying.has(victim))
      this.cluster.tell(victim, 'TASK_FAILED')
  }

  /** R1 at every kill: what stays healthy is enough. R2: never more tasks than the capacity. */
  checkBounds(bounds: { healthyMin: number; capacityMax: number }): void {
    for (const call of this.cluster.calls.slice(this.#seenCalls)) {
      const id = call.kill?.task_id.value
      if (id === undefined || this.dying.has(id)) continue
      const wasHealthy = this.healthy().includes(id)
      this.dying.add(id)
      if (wasHealthy) assert.ok(this.healthy().length >= bounds.healthyMin, `${this.healthy().length} healthy are left`)
    }
    this.#seenCalls = this.cluster.calls.length
    assert.ok(this.cluster.tasks.size <= bounds.capacityMax, `${this.cluster.tasks.size} tasks`)
  }
}

test('[marathon 65] a rolling update keeps its bounds under failures and flapping health, and ends', () => {
  fc.assert(
    fc.property(upgrade, ({ instances, checked, steps, seed, ...strategy }) => {
      const run = new Upgrade({ instances, strategy, checked, seed })
      const healthyMin = Math.ceil(instances * strategy.minimumHealthCapacity - 1e-9)
      const capacity = Math.floor(instances * (1 + strategy.maximumOverCapacity) + 1e-9)
      const bounds = { healthyMin, capacityMax: healthyMin === capacity ? capacity + 1 : capacity }
      run.cluster.update('/web', { cmd: 'sleep 2' })
      run.checkBounds(bounds)
      for (const step of steps) {
        run.run(step)
        run.checkBounds(bounds)
      }
      run.sick.clear()
      for (let i = 0; i < 60 && (i < 4 || run.cluster.state.deployments.size > 0); i++) {
        run.cluster.advance(1000)
        run.cluster.offerAll()
        run.tellHealth()
        run.checkBounds(bounds)
        run.finishKills()
        run.checkBounds(bounds)
      }
      assert.equal(run.cluster.state.deployments.size, 0, 'the deployment ends')
      const commands = run.cluster.running('/web').map((id) => run.cluster.tasks.get(id)?.info.command?.value)
      assert.deepEqual(
        commands,
        Array.from({ length: instances }, () => 'sleep 2'),
      )
    }),
    { numRuns: 300 },
  )
})
