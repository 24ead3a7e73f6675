/** A real browser in front of the dashboard. What a page complains about fails the test, unless the test expects it. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'

export type { Browser, Locator, Page } from 'playwright-core'

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
export const desk = { width: 1440, height: 900 }
export const phone = { width: 390, height: 844 }
const timeoutMs = 30_000
/** Pictures of failed tests are left here. */
const pictures = fileURLToPath(new URL('../../dist/tests/pictures', import.meta.url))

/** Chromium as the distributions name it, from PATH. */
export const chromiumPath = (): string | undefined =>
  (process.env.PATH ?? '')
    .split(':')
    .flatMap((folder) => [`${folder}/chromium`, `${folder}/chromium-browser`, `${folder}/google-chrome`])
    .find((path) => existsSync(path))

export async function launchBrowser(): Promise<Browser> {
  const executablePath = chromiumPath()
  if (executablePath === undefined) throw new Error('there is no chromium on PATH')
  return chromium.launch({ executablePath, args })
}

export type LookOptions = {
  readonly size?: { readonly width: number; readonly height: number }
  readonly theme?: 'dark' | 'light'
  /** Runs in every page before its own scripts. */
  readonly script?: string
}

/** One viewer with a storage of their own; its pages share streams as the tabs of a browser do. */
export class Viewer {
  readonly #context: BrowserContext
  readonly #origin: string
  readonly #problems: string[] = []
  #expected: readonly RegExp[] = []

  static async create(browser: Browser, origin: string, options: LookOptions = {}): Promise<Viewer> {
    const context = await browser.newContext({
      viewport: options.size ?? desk,
      reducedMotion: 'reduce',
      acceptDownloads: true,
    })
    context.setDefaultTimeout(timeoutMs)
    const { theme, script } = options
    if (script !== undefined) await context.addInitScript(script)
    if (theme !== undefined)
      await context.addInitScript(`localStorage.setItem('mantine-color-scheme-value', '${theme}')`)
    return new Viewer(context, origin)
  }

  private constructor(context: BrowserContext, origin: string) {
    this.#context = context
    this.#origin = origin
  }

  /** Another tab, at `path`. */
  async open(path = '/'): Promise<Page> {
    const page = await this.#context.newPage()
    page.on('pageerror', (error) => this.#problems.push(`${page.url()}: ${error.stack ?? error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error') this.#problems.push(`${page.url()}: ${message.text()} ${message.location().url}`)
    })
    await page.goto(this.#origin + path)
    return page
  }

  /** What the pages may complain about from now on. */
  expect(...patterns: readonly RegExp[]): void {
    this.#expected = [...this.#expected, ...patterns]
  }

  problems(): string[] {
    return this.#problems.filter((text) => !this.#expected.some((pattern) => pattern.test(text)))
  }

  async close(name: string, isFailed: boolean): Promise<void> {
    if (isFailed) {
      mkdirSync(pictures, { recursive: true })
      const path = `${pictures}/${name.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 80)}`
      for (const [index, page] of this.#context.pages().entries())
        await page.screenshot({ path: `${path}-${index}.png`, timeout: 5000 }).catch(() => undefined)
    }
    await this.#context.close()
    assert.deepEqual(this.problems(), [], 'the console of the page')
  }
}

/** Counts the documents that a page loads: what is live needs one. */
export async function watchLoads(page: Page): Promise<() => Promise<void>> {
  await page.evaluate('window.isFirstDocument = true')
  return async () => assert.equal(await page.evaluate('window.isFirstDocument'), true, 'the page was loaded again')
}

/** A viewer that closes with the test and whose page is at `path`. */
export async function look(
  t: TestContext,
  browser: Browser,
  options: LookOptions & { readonly origin: string; readonly path?: string },
): Promise<{ viewer: Viewer; page: Page }> {
  const viewer = await Viewer.create(browser, options.origin, options)
  t.after(() => viewer.close(t.name, !t.passed))
  return { viewer, page: await viewer.open(options.path) }
}
