/** The dashboard in a real browser, on a real cluster: what a person does, by what they read. */
import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { after, before, test } from 'node:test'
import type { TestContext } from 'node:test'
import { chromiumPath, desk, launchBrowser, look, phone, watchLoads } from './harness/browser.ts'
import type { Browser, LookOptions, Page } from './harness/browser.ts'
import { startCluster } from './harness/cluster.ts'
import type { Cluster } from './harness/cluster.ts'
import * as on from './harness/dashboard.ts'
import { getApp, settled } from './harness/marathon.ts'
import { everyPage } from './harness/pages.ts'
import { killAll, processesWith } from './harness/processes.ts'

const skip = chromiumPath() === undefined ? 'needs chromium on PATH' : false
/** The browser tells each request that fails while a part is down. */
const lostRequests = /Failed to load resource|net::ERR_/

let cluster: Cluster
let browser: Browser

before(async () => {
  if (skip !== false) return
  ;[cluster, browser] = await Promise.all([
    startCluster({ agents: 2, flags: ['--resources', 'cpus:4;mem:4096;disk:8192;ports:[31000-32000]'] }),
    launchBrowser(),
  ])
})
after(async () => {
  if (skip !== false) return
  await browser.close()
  await cluster.remove()
})

const visit = (t: TestContext, path: string, options: LookOptions = {}) =>
  look(t, browser, { ...options, origin: cluster.url('gateway'), path })
const browserTest = (name: string, body: (t: TestContext) => Promise<void>) => test(name, { skip }, body)

const deploy = (app: object) => cluster.send('marathon', '/v2/apps', { method: 'POST', body: app })
const forget = (id: string) => cluster.send('marathon', `/v2/apps${id}?force=true`, { method: 'DELETE' })
const schedule = (job: object) => cluster.send('chronos', '/v1/scheduler/iso8601', { method: 'POST', body: job })
const taskIds = async (id: string) => (await getApp(cluster, id)).tasks.map((task) => task.id).sort()

browserTest('an empty cluster leads to a running sample service in two clicks', async (t) => {
  const { page } = await visit(t, '/')
  await on.seen(on.title(page, 'The cluster is ready. Nothing runs on it yet.'))
  await on.seen(on.connection(page, 'live'))
  await on.link(page, 'Try the sample service').click()
  await on.button(page, 'Create service').click()
  await on.seen(on.title(page, '/hello'))
  await on.seen(on.runningInstances(page, 2))
  await on.seen(on.status(page, 'Running'))
})

/** An instance that takes a while until it is healthy, so that an update can be seen. */
const slowStart = (version: string) => `echo ${version}; sleep 3; touch ready; sleep 1000`
const readyCheck = {
  protocol: 'COMMAND',
  command: { value: 'test -f ready' },
  gracePeriodSeconds: 60,
  delaySeconds: 0,
  intervalSeconds: 1,
  timeoutSeconds: 5,
  maxConsecutiveFailures: 3,
}

browserTest('a service is made by a form and its JSON, which are one document', async (t) => {
  const { viewer, page } = await visit(t, '/services/new')
  viewer.expect(/status of 422/)
  await on.field(page, 'Id').fill('/form/Not Allowed')
  await on.field(page, 'Command').fill(slowStart('one'))
  await on.field(page, 'Instances').fill('2')
  assert.equal(JSON.parse(await on.json(page).innerText()).instances, 2)

  await on.button(page, 'Create service').click()
  await on.seen(page.getByRole('alert').getByText('the fields below say why'))
  const id = on.field(page, 'Id')
  assert.equal(await id.getAttribute('aria-invalid'), 'true')
  assert.match(await on.describedAs(id), /must|allowed|lower/i)

  const typed = JSON.parse(await on.json(page).innerText()) as object
  const document = { ...typed, id: '/form/web', taskKillGracePeriodSeconds: 2, healthChecks: [readyCheck] }
  await on.json(page).fill(JSON.stringify(document, undefined, 2))
  assert.equal(await id.inputValue(), '/form/web')
  assert.equal(await page.getByRole('group', { name: 'Health checks' }).getByLabel('Failures').inputValue(), '3')
  await on.field(page, 'Memory, MiB').fill('32')
  const edited = JSON.parse(await on.json(page).innerText()) as Record<string, unknown>
  assert.deepEqual([edited.mem, edited.taskKillGracePeriodSeconds], [32, 2])

  await on.button(page, 'Create service').click()
  await on.seen(on.title(page, '/form/web'))
  const isSameDocument = await watchLoads(page)
  await on.seen(on.runningInstances(page, 2))
  await on.seen(on.status(page, 'Running'))
  await isSameDocument()
  assert.equal((await getApp(cluster, '/form/web')).instances, 2)
})

browserTest('a service is scaled, updated, restarted, stopped and deleted, each seen without a reload', async (t) => {
  const { page } = await visit(t, '/services/app/form/web')
  const isSameDocument = await watchLoads(page)
  await on.button(page, 'Scale').click()
  await on.dialog(page, 'Scale /form/web').getByRole('textbox', { name: 'Instances' }).fill('3')
  await page.getByRole('button', { name: 'Scale to 3' }).click()
  await on.seen(on.runningInstances(page, 3))
  await on.seen(on.status(page, 'Running'))

  await updateInReview(page)
  await on.seen(on.instances(page, /old version/))
  await on.tab(page, /Deployments/).click()
  await on.seen(page.getByText(/^Step \d of \d/))
  await on.seen(on.link(page, '/form/web'))
  await on.tab(page, 'Instances').click()
  await on.seen(on.status(page, 'Running'))
  await on.seen(on.runningInstances(page, 3))

  const before = await taskIds('/form/web')
  await on.button(page, 'Restart').click()
  await on.confirm(page, 'Restart /form/web?', { action: 'Restart' })
  await on.seen(on.status(page, 'Deploying'))
  await on.seen(on.status(page, 'Running'))
  await eventually('every instance is another', async () => {
    const shown = await Promise.all(before.map((id) => page.getByRole('link', { name: `Log of ${id}` }).count()))
    return shown.every((count) => count === 0) && (await on.rows(page, 'Instances').count()) === 3
  })

  await on.choose(page, 'Stop')
  await on.confirm(page, 'Stop /form/web?', { action: 'Stop' })
  await on.seen(on.status(page, 'Stopped'))
  await on.choose(page, 'Delete…')
  await on.seen(on.dialog(page, 'Delete /form/web?'))
  assert.ok(await page.getByRole('button', { name: 'Delete', exact: true }).isDisabled())
  await on.confirm(page, 'Delete /form/web?', { action: 'Delete', type: '/form/web' })
  await on.seen(on.title(page, 'form'))
  await on.gone(on.link(page, 'web'))
  await isSameDocument()
})

/** Changes the command in the form and saves it after its difference was shown. */
async function updateInReview(page: Page): Promise<void> {
  await on.link(page, 'Edit').click()
  await on.field(page, 'Command').first().fill(slowStart('two'))
  await on.button(page, 'Review changes').click()
  const review = on.dialog(page, 'Change /form/web?')
  await on.seen(review.getByText('Replaces 3 instances, at least 3 stay healthy.'))
  await on.seen(review.getByRole('group', { name: 'Difference' }).getByText('echo two'))
  await review.getByRole('button', { name: 'Save changes' }).click()
  await on.seen(on.title(page, '/form/web'))
}

browserTest('a service that fits nowhere says so on the overview and why on its page', async (t) => {
  const { page } = await visit(t, '/')
  await on.seen(on.title(page, 'Everything is running as it should.'))
  await deploy({ id: '/too-big', cmd: 'sleep 1000', cpus: 1000, mem: 32 })
  await on.seen(on.title(page, '/too-big is waiting.'))
  const trouble = page.getByRole('list', { name: 'Failing and waiting' }).getByRole('link')
  await on.seen(trouble.getByText(/^needs 1,?000 cpus, the largest free agent has [\d.]+/))
  await trouble.click()
  await on.seen(on.title(page, '/too-big'))
  assert.equal(await on.tab(page, 'Why').getAttribute('aria-selected'), 'true')
  const reasons = page.getByRole('list', { name: 'Reasons, in the order they are checked' }).getByRole('listitem')
  await on.seen(reasons.filter({ hasText: 'not enough cpus' }))
  await on.seen(page.getByRole('region', { name: 'Nearest agents' }).getByText(/of 1,?000 cpus free/))
  await forget('/too-big')
  await on.seen(page.getByRole('heading', { name: 'There is no service /too-big' }))
})

browserTest('a task killed with -9 is seen to be replaced', async (t) => {
  const { page } = await visit(t, '/services/app/hello')
  await on.seen(on.runningInstances(page, 2))
  const isSameDocument = await watchLoads(page)
  const [victim = ''] = await taskIds('/hello')
  const row = on.rows(page, 'Instances').filter({ has: page.getByRole('link', { name: `Log of ${victim}` }) })
  await on.seen(row)
  killAll(processesOf(victim))
  await on.gone(row)
  await on.seen(page.getByText(/^Last failure/))
  await on.seen(on.runningInstances(page, 2))
  await isSameDocument()
})

/** The processes of a task, found by its sandbox. */
const processesOf = (taskId: string) => processesWith(taskId).filter(({ cwd }) => cwd.includes(taskId))

browserTest('kill -9 of an agent: its node is unreachable until it is back', async (t) => {
  const { page } = await visit(t, '/nodes')
  await on.seen(on.rows(page, 'Nodes').nth(1))
  const isSameDocument = await watchLoads(page)
  const unreachable = on.rows(page, 'Nodes').filter({ hasText: 'Unreachable' })
  assert.equal(await unreachable.count(), 0)
  await cluster.whileDown('agent-1', () => on.seen(unreachable))
  await on.gone(unreachable)
  assert.equal(await on.rows(page, 'Nodes').filter({ hasText: 'Active' }).count(), 2)
  await isSameDocument()
})

type Run = { readonly scheduledAt: string; readonly startedAt: string | null; readonly state: string }
const runsOf = async (job: string) =>
  (await cluster.json<{ runs: Run[] }>('chronos', `/v1/scheduler/job/${job}/runs`)).runs

browserTest(
  'a job made in the browser runs on time, its log is one click away, and a dependent job follows',
  async (t) => {
    const { page } = await visit(t, '/jobs/new')
    await on.field(page, 'Name').first().fill('tick')
    await on.field(page, 'Command').fill('echo "tick says $((40 + 2))"')
    await on.field(page, 'Schedule').fill('R3//PT5S')
    await on.seen(page.getByRole('status', { name: 'Schedule preview' }).getByText('every 5 seconds'))
    await on.button(page, 'Create job').click()
    await on.seen(on.title(page, 'tick'))
    const isSameDocument = await watchLoads(page)
    const succeeded = on.rows(page, 'Runs').filter({ hasText: 'Succeeded' })
    await on.seen(succeeded)
    await page
      .getByRole('link', { name: /^Log of run/ })
      .first()
      .click()
    await on.seen(on.log(page).getByText('tick says 42'))

    await page.getByRole('link', { name: 'tick' }).first().click()
    await on.choose(page, 'New job after this one')
    await on.field(page, 'Name').first().fill('tock')
    await on.field(page, 'Command').fill('echo tock')
    await on.button(page, 'Create job').click()
    await on.seen(on.title(page, 'tock'))
    await on.seen(succeeded)

    await page.goBack()
    await page.goBack()
    await on.seen(on.title(page, 'tick'))
    await eventually('all three runs have succeeded', async () => (await succeeded.count()) === 3)
    await isSameDocument()
    for (const run of await runsOf('tick')) {
      const lateMs = Date.parse(run.startedAt ?? '') - Date.parse(run.scheduledAt)
      assert.ok(lateMs >= 0 && lateMs < 3000, `a run started ${lateMs} ms late`)
    }
  },
)

browserTest('jobs that follow each other are drawn; a run is started by hand and killed', async (t) => {
  await schedule({
    name: 'long',
    command: 'echo begun; sleep 1000',
    schedule: 'R/2090-01-01T00:00:00Z/P1D',
    cpus: 0.1,
    mem: 32,
  })
  const { page } = await visit(t, '/jobs/graph')
  const graph = page.getByRole('figure', { name: 'Dependencies of jobs' })
  for (const name of ['tick', 'tock', 'long']) await on.seen(graph.getByText(name, { exact: true }))
  await on.seen(graph.getByText('after tick'))
  assert.equal(await graph.locator('.react-flow__edge').count(), 1)

  await graph.getByText('long', { exact: true }).click()
  await on.seen(on.title(page, 'long'))
  await on.button(page, 'Run now').click()
  await on.seen(on.rows(page, 'Runs').filter({ hasText: 'Running' }))
  await on.tab(page, 'Last log').click()
  await on.seen(on.log(page).getByText('begun'))
  await on.choose(page, 'Kill running tasks')
  await on.confirm(page, 'Kill the running tasks of long?', { action: 'Kill' })
  await on.tab(page, 'Runs').click()
  await on.seen(on.rows(page, 'Runs').filter({ hasText: 'Killed' }))
})

for (const { part, path, told, action, size } of [
  { part: 'master', path: '/nodes', told: 'The master cannot be reached.' },
  { part: 'marathon', path: '/services/app/hello', told: 'Marathon cannot be reached.', action: 'Scale', size: phone },
  { part: 'chronos', path: '/jobs/job/tick', told: 'Chronos cannot be reached.', action: 'Run now' },
  { part: 'gateway', path: '/services', told: 'Marathon cannot be reached.' },
]) {
  browserTest(`kill -9 of ${part}: the page says how old it is and comes back by itself`, async (t) => {
    const { viewer, page } = await visit(t, path, { size: size ?? desk })
    viewer.expect(lostRequests)
    await on.seen(on.connection(page, 'live'))
    await on.seen(on.anyRows(page))
    const before = { tasks: await taskIds('/hello'), rows: await on.anyRows(page).count() }
    const isSameDocument = await watchLoads(page)
    await cluster.whileDown(part, async () => {
      await on.seen(on.connection(page, 'reconnecting'))
      await on.seen(page.getByText(told))
      await on.seen(page.getByText(/What you see is .* old and actions are off/))
      if (action !== undefined) assert.equal(await on.button(page, action).getAttribute('aria-disabled'), 'true')
      assert.equal(await on.overflow(page), 0)
    })
    await on.seen(on.connection(page, 'live'))
    await on.gone(page.getByText(told))
    await eventually('as much is shown as before', async () => (await on.anyRows(page).count()) === before.rows)
    await isSameDocument()
    assert.deepEqual((await settled(cluster, '/hello', 2)).tasks.map(({ id }) => id).sort(), before.tasks)
  })
}

browserTest(
  '[mesos 222] the log of a task grows under the eyes of the viewer, and its files can be fetched',
  async (t) => {
    const cmd = 'mkdir data; echo precious > data/jewel.txt; while true; do i=$((i+1)); echo "line $i"; sleep 0.3; done'
    await deploy({ id: '/talker', cmd, cpus: 0.1, mem: 32 })
    const { page } = await visit(t, '/services/app/talker')
    await page.getByRole('link', { name: /^Log of talker/ }).click()
    const lastLine = async () =>
      Number(
        (await on.log(page).innerText())
          .match(/line (\d+)/g)
          ?.at(-1)
          ?.slice(5) ?? 0,
      )
    const first = await eventually('the log has lines', lastLine)
    await eventually('the log grows', async () => (await lastLine()) > first + 4)

    await on.tab(page, 'Files').click()
    await on.seen(on.rows(page, 'Files').filter({ hasText: 'stdout' }).filter({ hasText: userInfo().username }))
    await page.getByRole('table', { name: 'Files' }).getByRole('button', { name: 'data' }).click()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download jewel.txt' }).click(),
    ])
    assert.equal(readFileSync(await download.path(), 'utf8'), 'precious\n')
    await forget('/talker')
  },
)

browserTest('the keyboard reaches everything, and the theme is kept', async (t) => {
  const { page } = await visit(t, '/')
  await on.seen(on.connection(page, 'live'))
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Search' }).fill('/hello')
  await on.seen(page.getByRole('option', { name: /^\/hello/, selected: true }))
  await page.keyboard.press('Enter')
  await on.seen(on.title(page, '/hello'))
  await page.keyboard.press('g')
  await page.keyboard.press('j')
  await on.seen(on.title(page, 'Jobs'))
  await on.seen(on.rows(page, 'Jobs'))
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await on.seen(on.title(page, 'long'))

  const theme = () => page.evaluate<string>('document.documentElement.dataset.mantineColorScheme')
  assert.equal(await theme(), 'dark')
  await page.getByRole('button', { name: 'Switch to the light theme' }).click()
  await eventually('the theme is light', async () => (await theme()) === 'light')
  await page.reload()
  await on.seen(page.getByRole('button', { name: 'Switch to the dark theme' }))
  assert.equal(await theme(), 'light')
})

browserTest('no page is wider than a phone', async (t) => {
  const { page } = await visit(t, '/', { size: phone })
  const { tasks } = await getApp(cluster, '/hello')
  const { frameworkId } = await cluster.json<{ frameworkId: string }>('marathon', '/v2/info')
  const { id = '', slaveId = '' } = tasks[0] ?? {}
  const wide: string[] = []
  for (const path of everyPage({
    service: '/hello',
    group: '/',
    job: 'tick',
    task: { frameworkId, id },
    agentId: slaveId,
  })) {
    await page.goto(cluster.url('gateway') + path)
    await on.seen(page.getByRole('heading', { level: 1 }))
    await on.gone(page.getByRole('status', { name: 'Loading' }))
    const overflow = await on.overflow(page)
    if (overflow > 0) wide.push(`${path}: ${overflow} px`)
  }
  assert.deepEqual(wide, [])
})

browserTest('what one viewer does, the others see', async (t) => {
  const { viewer, page: list } = await visit(t, '/services')
  const jobs = await viewer.open('/jobs')
  const { page: other } = await visit(t, '/services/app/hello')
  const hello = on.rows(list, 'Services').filter({ hasText: 'hello' })
  await on.seen(hello.getByRole('img', { name: '2 of 2 instances running' }))
  await on.button(other, 'Scale').click()
  await on.dialog(other, 'Scale /hello').getByRole('textbox', { name: 'Instances' }).fill('3')
  await other.getByRole('button', { name: 'Scale to 3' }).click()
  await on.seen(hello.getByRole('img', { name: '3 of 3 instances running' }))

  await on.seen(on.rows(jobs, 'Jobs').filter({ hasText: 'tock' }).filter({ hasText: 'Succeeded' }))
  await other.goto(`${cluster.url('gateway')}/jobs/job/tock`)
  await on.choose(other, 'Disable')
  await on.seen(on.rows(jobs, 'Jobs').filter({ hasText: 'tock' }).filter({ hasText: 'Disabled' }))
})

/** Whatever a tab says to its worker arrives after the tab has given the worker up. */
const slowWorker = `const post = MessagePort.prototype.postMessage
  MessagePort.prototype.postMessage = function (...message) { setTimeout(() => post.apply(this, message), 4000) }`

browserTest('a tab whose shared worker is slow reads for itself and keeps connections for the rest', async (t) => {
  const { page } = await visit(t, '/jobs', { script: slowWorker })
  await on.seen(on.connection(page, 'live'))
  await eventually('the worker has heard', async () => (await page.evaluate<number>('performance.now()')) > 6000)
  await on.link(page, 'tick').click()
  await on.seen(on.rows(page, 'Runs').filter({ hasText: 'Succeeded' }))
})
