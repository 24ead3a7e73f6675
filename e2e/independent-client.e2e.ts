/** The npm package mesos-framework is a v1 client that others wrote; it must not be able to tell our master from Mesos. */
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { startCluster } from './harness/cluster.ts'

type Update = {
  readonly status: { readonly state: string; readonly uuid?: string; readonly task_id: { readonly value: string } }
}
type Scheduler = {
  on(event: string, handler: (argument: never) => void): void
  subscribe(): void
  teardown(): void
  launchedTasks: readonly unknown[]
}
type Library = {
  readonly Scheduler: new (options: unknown) => Scheduler
  readonly Mesos: { getMesos(): { CommandInfo: new (...parts: readonly unknown[]) => unknown } }
}

const library = createRequire(import.meta.url)('mesos-framework') as Library

test('the npm package mesos-framework runs a task to its end on our master', async () => {
  const cluster = await startCluster({ agents: 1, flags: ['--without', 'marathon', 'chronos', 'gateway'] })
  const { CommandInfo } = library.Mesos.getMesos()
  const states: string[] = []
  const errors: string[] = []
  const scheduler = new library.Scheduler({
    masterUrl: '127.0.0.1',
    port: cluster.ports.master,
    frameworkName: 'independent',
    logging: { path: cluster.workDir, fileName: 'mesos-framework.log', level: 'error' },
    restartStates: [],
    tasks: {
      hello: {
        priority: 1,
        instances: 1,
        commandInfo: new CommandInfo(null, null, true, 'echo hello; sleep 0.2', null, null),
        resources: { cpus: 0.1, mem: 32, ports: 1, disk: 0 },
      },
    },
  })
  try {
    scheduler.on('update', (update: Update) => void states.push(update.status.state))
    scheduler.on('error', (error: { message: string }) => void errors.push(error.message))
    scheduler.on('ready', () => scheduler.subscribe())
    await eventually(`the task ends (${errors.join('; ')})`, () => states.includes('TASK_FINISHED'))
    assert.deepEqual([...new Set(states)], ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'])
    scheduler.teardown()
    await eventually('the framework is torn down', async () => {
      type Frameworks = { completed_frameworks: { name: string }[] }
      const { completed_frameworks } = await cluster.json<Frameworks>('master', '/frameworks')
      return completed_frameworks.some(({ name }) => name === 'independent')
    })
  } finally {
    await cluster.remove()
  }
})
