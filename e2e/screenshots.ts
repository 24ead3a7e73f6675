/**
 * Pictures of the dashboard on a busy cluster: `node e2e/screenshots.ts` renews docs/images/dashboard.png,
 * `node e2e/screenshots.ts <folder>` takes every page, dark and light, on a desk and on a phone.
 */
import { mkdirSync } from 'node:fs'
import { desk, launchBrowser, phone, Viewer } from './harness/browser.ts'
import type { Browser, Page } from './harness/browser.ts'
import { root, startCluster } from './harness/cluster.ts'
import * as on from './harness/dashboard.ts'
import { everyPage } from './harness/pages.ts'
import { fill, startUpdate } from './harness/showcase.ts'

const [folder] = process.argv.slice(2)
const sizes = { desk, phone }

/** What only a service in trouble shows. */
const inTrouble = ['/services/app/shop/catalogue', '/services/app/ml/training?tab=why', '/services/app/reports/builder']

const cluster = await startCluster({ agents: 3, flags: ['--resources', 'cpus:4;mem:4096;disk:20000'] })
const browser = await launchBrowser()
try {
  const things = await fill(cluster)
  await startUpdate(cluster)
  if (folder === undefined) await takeOverview(browser)
  else await takeAll(browser, { folder, paths: [...everyPage(things), ...inTrouble] })
} finally {
  await browser.close()
  await cluster.remove()
}

async function takeOverview(of: Browser): Promise<void> {
  const viewer = await Viewer.create(of, cluster.url('gateway'), { theme: 'dark' })
  const page = await viewer.open('/')
  await ready(page)
  // The lines of the last hour need a few samples.
  await page
    .getByText(/^The history of the last hour/)
    .first()
    .waitFor({ state: 'hidden', timeout: 180_000 })
  mkdirSync(`${root}docs/images`, { recursive: true })
  await page.screenshot({ path: `${root}docs/images/dashboard.png` })
}

async function takeAll(of: Browser, options: { folder: string; paths: readonly string[] }): Promise<void> {
  mkdirSync(options.folder, { recursive: true })
  for (const [name, size] of Object.entries(sizes))
    for (const theme of ['dark', 'light'] as const) {
      const viewer = await Viewer.create(of, cluster.url('gateway'), { theme, size })
      const page = await viewer.open('/')
      for (const path of options.paths) {
        await page.goto(cluster.url('gateway') + path)
        await ready(page)
        const file = `${fileName(path)}-${theme}-${name}.png`
        await page.screenshot({ path: `${options.folder}/${file}`, fullPage: name === 'phone' })
      }
      process.stdout.write(
        viewer
          .problems()
          .map((problem) => `${problem}\n`)
          .join(''),
      )
    }
}

function fileName(path: string): string {
  return path.replaceAll(/[^a-z0-9]+/gi, '-').replaceAll(/^-|-$/g, '') || 'overview'
}

async function ready(page: Page): Promise<void> {
  await on.seen(page.getByRole('heading', { level: 1 }))
  await on.gone(page.getByRole('status', { name: 'Loading' }))
  await on.seen(on.connection(page, 'live'))
  await page.waitForTimeout(400)
}
