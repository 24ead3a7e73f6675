/** The words of the dashboard: what a person reads and presses, by role and label. */
import type { Locator, Page } from './browser.ts'

/** Resolves when it is there to be seen; the browser tries again until then. */
export const seen = (locator: Locator, timeout?: number): Promise<void> =>
  locator.first().waitFor({ state: 'visible', ...(timeout === undefined ? {} : { timeout }) })
export const gone = (locator: Locator): Promise<void> => locator.first().waitFor({ state: 'hidden' })

export const title = (page: Page, name: string | RegExp): Locator =>
  page.getByRole('heading', { level: 1, name, exact: typeof name === 'string' })
export const button = (page: Page, name: string | RegExp): Locator =>
  page.getByRole('main').getByRole('button', { name, exact: typeof name === 'string' })
export const link = (page: Page, name: string | RegExp): Locator =>
  page.getByRole('main').getByRole('link', { name, exact: typeof name === 'string' })
export const tab = (page: Page, name: string | RegExp): Locator => page.getByRole('tab', { name })
export const field = (page: Page, name: string): Locator => page.getByRole('textbox', { name })
export const rows = (page: Page, table: string): Locator =>
  page.getByRole('table', { name: table, exact: true }).locator('[data-nav-row]')
/** The rows of whatever table the page has. */
export const anyRows = (page: Page): Locator => page.getByRole('main').locator('[data-nav-row]')
export const dialog = (page: Page, name: string): Locator => page.getByRole('dialog', { name })
export const json = (page: Page): Locator => page.getByRole('textbox', { name: 'JSON document' })
export const log = (page: Page): Locator => page.getByRole('log')
export const connection = (page: Page, state: 'live' | 'reconnecting'): Locator =>
  page.getByRole('button', { name: new RegExp(`^Data is ${state}`) })

/** The squares of a service's instances, told as a sentence. */
export const instances = (page: Page, text: string | RegExp): Locator =>
  page.getByRole('main').getByRole('img', { name: text })
export const runningInstances = (page: Page, count: number): Locator =>
  instances(page, new RegExp(`^${count} of ${count} instances? running$`))

/** The word beside the title: Running, Deploying, Waiting … */
export const status = (page: Page, word: string): Locator =>
  page.getByRole('main').locator('header').getByText(word, { exact: true })

export async function choose(page: Page, action: string): Promise<void> {
  await button(page, 'More actions').click()
  await page.getByRole('menuitem', { name: action }).click()
}

/** Answers the question that an action asks. */
export async function confirm(page: Page, question: string, options: { action: string; type?: string }): Promise<void> {
  const asked = dialog(page, question)
  await seen(asked)
  if (options.type !== undefined) await asked.getByRole('textbox').fill(options.type)
  await asked.getByRole('button', { name: options.action, exact: true }).click()
}

/** The texts of the lines of a log in view. */
export const logText = (page: Page): Promise<string> => log(page).innerText()

/** What is said below a field: its error, its description. */
export async function describedAs(input: Locator): Promise<string> {
  const ids = (await input.getAttribute('aria-describedby'))?.split(' ').filter(Boolean) ?? []
  const texts = await Promise.all(ids.map((id) => input.page().locator(`[id="${id}"]`).innerText()))
  return texts.join(' ')
}

/** By how many pixels the page is wider than its window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate<number>('Math.max(0, document.documentElement.scrollWidth - innerWidth)')
