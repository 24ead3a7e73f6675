import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

/**
 * Pictures of pages: `node apps/web-ui/dev/screenshot.ts <origin> <folder> [dark|light] [wide|phone] path…`.
 * Prints what the page's console complains about.
 */
const [origin = '', folder = '', scheme = 'dark', size = 'wide', ...pages] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})
const viewport = size === 'phone' ? { width: 390, height: 844 } : { width: 1440, height: 900 }
const context = await browser.newContext({ viewport, reducedMotion: 'reduce' })
await context.addInitScript((value) => localStorage.setItem('mantine-color-scheme-value', value), scheme)
const page = await context.newPage()
page.on('console', (message) => {
  if (message.type() === 'error' || message.type() === 'warning')
    process.stdout.write(`${message.type()}: ${message.text()}\n`)
})
page.on('pageerror', (error) => process.stdout.write(`page error: ${error.message}\n${error.stack ?? ''}\n`))
for (const path of pages) {
  await page.goto(origin + path)
  await page.waitForTimeout(1_300)
  const name = `${path.replaceAll(/[^a-z0-9]+/gi, '-').replaceAll(/^-|-$/g, '') || 'overview'}-${scheme}-${size}.png`
  await page.screenshot({ path: join(folder, name) })
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  process.stdout.write(`${name}${overflow > 0 ? ` OVERFLOW ${overflow}` : ''}\n`)
}
await browser.close()
