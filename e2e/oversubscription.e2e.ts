/** Revocable resources from the estimator of a real agent to a task, and their end under load. */
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MesosPair } from './harness/mesos-pair.ts'
import { TaskFramework } from './harness/task-framework.ts'

const estimator = 'org_apache_mesos_FixedResourceEstimator'
const controller = 'org_apache_mesos_LoadQoSController'
const modules = {
  libraries: [
    {
      file: 'libfixed_resource_estimator.so',
      modules: { name: estimator, parameters: { key: 'resources', value: 'cpus:2' } },
    },
    // Every load is too much.
    { modules: [{ name: controller, parameters: [{ key: 'load_threshold_5min', value: '-1' }] }] },
  ],
}
const agentFlags = [
  `--modules=${JSON.stringify(modules)}`,
  `--resource_estimator=${estimator}`,
  `--qos_controller=${controller}`,
  // Long enough to look at the task before it has to go.
  '--qos_correction_interval_min=30secs',
]

type Metrics = Readonly<Record<string, number>>
type Slaves = { readonly slaves: readonly { readonly resources: object }[] }

test('[mesos 73] [mesos 230] [mesos 231] a task runs on oversubscribed cpus and is preempted under load; others go on', async () => {
  const pair = await MesosPair.start({ agentFlags })
  const framework = new TaskFramework(pair.master.url, ['PARTITION_AWARE', 'REVOCABLE_RESOURCES'])
  const unable = new TaskFramework(pair.master.url)
  try {
    framework.launch({ firm: 'exec sleep 100000' })
    await framework.states('TASK_RUNNING', ['firm'])
    unable.launch({ never: 'true' }, { isRevocable: true })
    framework.launch({ extra: 'exec sleep 100000' }, { isRevocable: true })
    await framework.states('TASK_RUNNING', ['extra'])
    const used = async (part: 'master' | 'agent', prefix: string): Promise<readonly unknown[]> => {
      const metrics = await pair.json<Metrics>(part, '/metrics/snapshot')
      return ['total', 'used'].map((name) => metrics[`${prefix}/cpus_revocable_${name}`])
    }
    assert.deepEqual(await used('agent', 'slave'), [2, 0.01])
    assert.deepEqual(await used('master', 'master'), [2, 0.01])
    const { slaves } = await pair.json<Slaves>('master', '/slaves')
    assert.partialDeepStrictEqual(slaves[0]?.resources, { cpus: 4, cpus_revocable: 2 })
    await framework.states('TASK_GONE', ['extra'])
    const end = framework.of('extra').at(-1)
    assert.deepEqual(
      [end?.reason, end?.message, end?.source],
      ['REASON_CONTAINER_PREEMPTED', 'Container preempted by QoS correction', 'SOURCE_AGENT'],
    )
    assert.equal(framework.of('firm').at(-1)?.state, 'TASK_RUNNING')
    await eventually('they are free again', async () => (await used('master', 'master'))[1] === 0)
    assert.equal((await pair.json<Metrics>('agent', '/metrics/snapshot'))['slave/executors_preempted'], 1)
    assert.deepEqual(unable.of('never'), [])
  } finally {
    await framework.close()
    await unable.close()
    await pair.remove()
  }
})
