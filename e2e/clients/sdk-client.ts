import { Framework } from '@thermosphere/sdk'
import type { ScenarioClient, ScenarioLibrary, StartOptions, Update } from './scenario-client.ts'

const resources = { cpus: 0.1, memMib: 32 }

async function start({ masters, frameworkId }: StartOptions): Promise<ScenarioClient> {
  const updates: Update[] = []
  const framework = new Framework({
    masters,
    name: 'scenario',
    idStore: {
      load: () => Promise.resolve(frameworkId),
      save: () => Promise.resolve(),
      clear: () => Promise.resolve(),
    },
    onUpdate: ({ task_id, state, reason }) => void updates.push({ taskId: task_id.value, state, reason }),
  })
  const id = await framework.start()

  async function launch(command: string): Promise<string> {
    for await (const offer of framework.offers()) {
      const tasks = offer.fits(resources) ? await offer.launch([{ name: 'scenario', command, resources }]) : undefined
      for (const task of tasks ?? []) return task.id
    }
    throw new Error('the framework has ended')
  }

  return {
    frameworkId: id,
    updates,
    launch,
    async kill(taskId) {
      await framework.task(taskId)?.kill()
    },
    reconcile: (taskId) =>
      framework.call({ type: 'RECONCILE', reconcile: { tasks: [{ task_id: { value: taskId } }] } }),
    teardown: () => framework.teardown(),
    crash: () => framework.close(),
  }
}

export const sdk: ScenarioLibrary = {
  name: '@thermosphere/sdk',
  start,
  followsLeaders: true,
  unknownState: 'TASK_UNKNOWN',
}
