/** A scheduler of the time before the HTTP API, with its driver as it was released, on our master. */
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, before, suite, test } from 'node:test'
import { MesosPair } from '../harness/mesos-pair.ts'
import { killAll, processesWith } from '../harness/processes.ts'
import { buildGoProgram, lacksGoDrivers } from './go-program.ts'
import { buildScheduler, GoScheduler } from './go-scheduler.ts'

type FrameworkView = {
  readonly id: string
  readonly pid: string
  readonly connected: boolean
  readonly tasks: readonly { readonly id: string; readonly state: string }[]
}
type State = { readonly frameworks: readonly FrameworkView[]; readonly completed_frameworks: readonly FrameworkView[] }

suite('[mesos 41] an unmodified Go driver (mesos-go v0)', { skip: lacksGoDrivers() }, () => {
  const directory = mkdtempSync(`${tmpdir()}/thermosphere-drivers-`)
  const started: GoScheduler[] = []
  let program: string
  let pair: MesosPair
  let first: GoScheduler
  let frameworkId: string

  const start = (...flags: string[]): GoScheduler => {
    const scheduler = new GoScheduler(program, [`-master=${new URL(pair.master.url).host}`, ...flags])
    started.push(scheduler)
    return scheduler
  }

  const framework = async (): Promise<FrameworkView | undefined> =>
    (await pair.json<State>('master', '/state')).frameworks.find(({ id }) => id === frameworkId)

  before(async () => {
    const [built, running] = await Promise.all([buildScheduler(directory), MesosPair.start()])
    program = built
    pair = running
  })

  after(async () => {
    for (const scheduler of started) await scheduler.kill()
    await pair.remove()
    rmSync(directory, { recursive: true })
  })

  test('registers and is offered resources', async () => {
    first = start()
    const { id, master } = await first.hears('registered')
    frameworkId = id ?? ''
    assert.equal(master, `master@${new URL(pair.master.url).host}`)
    await first.hears('offers')
    const shown = await framework()
    assert.match(shown?.pid ?? '', /^scheduler\(1\)@127\.0\.0\.1:\d+$/)
    assert.equal(shown?.connected, true)
  })

  test('declines an offer and asks for offers again', async () => {
    first.forget()
    first.say('decline')
    first.say('revive')
    await first.hears('offers')
  })

  test('launches a task and hears of its start and its end, each once', async () => {
    first.say('launch brief sleep 1')
    await first.hears('update', { task: 'brief', state: 'TASK_FINISHED' })
    const states = first.events.filter(({ task }) => task === 'brief').map(({ state }) => state)
    assert.deepEqual(states, ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'])
    await eventually('the end is acknowledged', async () => (await framework())?.tasks.length === 0, 30_000)
  })

  test('[mesos 112] [mesos 40] exchanges messages with an executor on the same driver, and hears of its end', async () => {
    const executor = `${directory}/executor`
    await buildGoProgram('executor.go', executor)
    first.say(`launch old executor exec ${executor} -logtostderr`)
    await first.hears('update', { task: 'old', state: 'TASK_RUNNING' })
    first.say('say old hello there')
    assert.equal((await first.hears('message', { executor: 'old' })).text, 'echo hello there')
    first.say('say old finish old')
    await first.hears('update', { task: 'old', state: 'TASK_FINISHED' })
    killAll(processesWith(executor))
    await first.hears('executor lost', { executor: 'old' })
  })

  test('kills a task', async () => {
    await launch(first, 'victim')
    first.say('kill victim')
    await first.hears('update', { task: 'victim', state: 'TASK_KILLED' })
  })

  test('learns by reconciliation what runs and what does not', async () => {
    await launch(first, 'steady')
    first.say('reconcile')
    await first.hears('update', { task: 'steady', state: 'TASK_RUNNING', reason: 'REASON_RECONCILIATION' })
    first.say('reconcile nobody')
    await first.hears('update', { task: 'nobody', state: 'TASK_LOST', reason: 'REASON_RECONCILIATION' })
  })

  test('is disconnected when it is killed, and its task runs on', async () => {
    await first.kill()
    await eventually('it is disconnected', async () => (await framework())?.connected === false, 30_000)
    assert.deepEqual(
      (await framework())?.tasks.map(({ id, state }) => [id, state]),
      [['steady', 'TASK_RUNNING']],
    )
  })

  test('takes the framework over in another process, and the one before hears of it', async () => {
    const second = start(`-id=${frameworkId}`)
    assert.equal((await second.hears('registered')).id, frameworkId)
    second.say('reconcile')
    await second.hears('update', { task: 'steady', state: 'TASK_RUNNING' })
    const third = start(`-id=${frameworkId}`)
    assert.equal((await third.hears('registered')).id, frameworkId)
    assert.equal((await second.hears('error')).text, 'Framework failed over')
    third.say('kill steady')
    await third.hears('update', { task: 'steady', state: 'TASK_KILLED' })
    first = third
  })

  test('leaves for a failover and keeps its tasks; that which stops ends them', async () => {
    await launch(first, 'lasting')
    first.say('leave')
    await first.hears('ended', { status: 'DRIVER_STOPPED' })
    await first.kill()
    await eventually('it is disconnected', async () => (await framework())?.connected === false, 30_000)
    const last = start(`-id=${frameworkId}`)
    await last.hears('registered')
    assert.deepEqual(
      (await framework())?.tasks.map(({ id }) => id),
      ['lasting'],
    )
    last.say('stop')
    await last.hears('ended', { status: 'DRIVER_STOPPED' })
    const { completed_frameworks } = await pair.json<State>('master', '/state')
    assert.deepEqual(
      completed_frameworks.map(({ id }) => id),
      [frameworkId],
    )
  })

  test('that is gone for longer than failover_timeout is removed with its tasks', async () => {
    const brief = start('-failover=0.5')
    frameworkId = (await brief.hears('registered')).id ?? ''
    await launch(brief, 'orphan')
    await brief.kill()
    await eventually('it is removed', async () => (await framework()) === undefined, 30_000)
    const late = start(`-id=${frameworkId}`)
    assert.equal((await late.hears('error')).text, 'Framework has been removed')
  })
})

async function launch(scheduler: GoScheduler, id: string): Promise<void> {
  scheduler.say(`launch ${id} exec sleep 1000`)
  await scheduler.hears('update', { task: id, state: 'TASK_RUNNING' })
}
