/** What a master and an agent tell of themselves, so that two readings can be compared. */

/** Members that go on by themselves: times since, measurements. */
const moving = /^(elapsed|timestamp|.*_time_secs|statistics|resource_statistics)$/

const reading = ['/state', '/quota', '/weights', '/maintenance/schedule', '/maintenance/status', '/roles']

async function read(url: string): Promise<string> {
  const answer = await fetch(url)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text}`)
  return JSON.stringify(
    JSON.parse(text, (key, value: unknown) => (moving.test(key) ? undefined : value)),
    undefined,
    1,
  )
}

export async function readState({
  master,
  agent,
}: {
  readonly master: string
  readonly agent: string
}): Promise<string> {
  const urls = [...reading.map((path) => `${master}${path}`), `${agent}/state`]
  const texts = await Promise.all(urls.map(read))
  return texts.join('\n')
}

/** The first line in which two readings differ. */
export function difference(before: string, after: string): string | undefined {
  if (before === after) return undefined
  const [left, right] = [before.split('\n'), after.split('\n')]
  const at = left.findIndex((line, index) => line !== right[index])
  const part = (lines: readonly string[]): string =>
    lines
      .slice(Math.max(0, at - 1), at + 2)
      .join(' ')
      .slice(0, 300)
  return `line ${at}: ${part(left)} became ${part(right)}`
}
