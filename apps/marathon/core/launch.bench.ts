/** Placements a second of the core alone: one large app, several, and many small ones. */
import { FakeCluster } from './test-kit/fake-cluster.ts'

function agents(count: number) {
  const resources = 'cpus:64;mem:65536;disk:100000;ports:[31000-32000]'
  return Array.from({ length: count }, (_, i) => ({ id: `agent-${i}`, host: `host-${i}`, resources }))
}

function measure(apps: number, instances: number, agentCount: number): void {
  const cluster = new FakeCluster({ agents: agents(agentCount), config: { deploymentsMax: apps, launchTokens: 1e6 } })
  cluster.subscribe()
  const startedAt = performance.now()
  for (let i = 0; i < apps; i++) cluster.create({ id: `/app-${i}`, cmd: 'sleep 1', cpus: 0.01, mem: 1, instances })
  for (let i = 0; i < 100 && cluster.tasks.size < apps * instances; i++) cluster.offerAll()
  cluster.advance(1_000)
  const ms = performance.now() - startedAt
  const figures = { ms: Math.round(ms), perSecond: Math.round((cluster.tasks.size / ms) * 1000) }
  process.stdout.write(
    `${JSON.stringify({ name: 'marathon-launch', apps, instances, agents: agentCount, ...figures })}\n`,
  )
}

measure(1, 100, 10)
for (const count of [1_000, 3_000, 10_000]) measure(1, count, count / 10)
for (const count of [100, 500]) measure(16, count, count)
for (const count of [100, 1_000]) measure(count, 1, 100)
