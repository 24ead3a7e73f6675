/** The dashboard in a real browser, on a real cluster: what a person does, by what they read. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { TestContext } from 'node:test'
import { chromiumPath, launchBrowser, look, phone, watchLoads } from './harness/browser.ts'
import type { Browser, LookOptions, Page } from './harness/browser.ts'
import { startCluster } from './harness/cluster.ts'
import type { Cluster } from './harness/cluster.ts'
import * as on from './harness/dashboard.ts'
import { eventually } from './harness/eventually.ts'
import { getApp, settled } from './harness/marathon.ts'
import { processesWith } from './harness/processes.ts'

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
const slowStart = (version: string) => `echo ${version}; sleep 4; touch ready; sleep 1000`
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
