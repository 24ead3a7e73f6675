/** `/help` as Mesos has it: endpoints by the part of the process that answers them, each with a sentence. */

/** Of one endpoint: `metrics` and `/snapshot`; the name is `/` where the part has but one. */
type Endpoint = { readonly id: string; readonly name: string; readonly text: string }

export type EndpointHelp = {
  /** For `/help`, `/help/<id>` and `/help/<id>/<name>`; undefined when there is no such part or endpoint. */
  answer(path: string, format: 'json' | 'text'): string | undefined
}

/** Sentences on what every process of Mesos answers. */
export const sharedEndpointTexts: Readonly<Record<string, string>> = {
  '/files/browse': 'Lists a directory (path).',
  '/files/debug': 'Which files can be read, and what they are.',
  '/files/download': 'A whole file (path).',
  '/files/read': 'Part of a file (path, offset, length).',
  '/health': 'Answers 200 while the process does.',
  '/help': 'This list, also as JSON (format=json).',
  '/logging/toggle': 'The verbosity of the log (GET), or another one for a time (level, duration).',
  '/metrics/snapshot': 'All metrics (timeout).',
  '/system/stats.json': 'Load and memory of the machine.',
  '/version': 'The version.',
}

/** `texts` are sentences by path, `main` is the part whose endpoints are paths of their own. */
export function createEndpointHelp(main: string, texts: Readonly<Record<string, string>>): EndpointHelp {
  const sorted = Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1))
  const endpoints = sorted.map(([path, text]) => ({ ...placeOf(main, path), text }))
  return {
    answer(path, format) {
      const wanted = path.replace(/^\/help\/?/, '')
      const found = endpoints.filter((one) => isWanted(one, wanted))
      if (found.length === 0) return undefined
      return format === 'json' ? JSON.stringify(asJson(found)) : asText(found)
    },
  }
}

/** Parts of a process besides the main one. */
const parts = ['metrics', 'files', 'system', 'logging', 'registrar(1)']
const alone = ['version', 'help']

function placeOf(main: string, path: string): Omit<Endpoint, 'text'> {
  const [, first = '', ...rest] = path.split('/')
  if (parts.includes(first)) return { id: first, name: `/${rest.join('/')}` }
  return alone.includes(first) && rest.length === 0 ? { id: first, name: '/' } : { id: main, name: path }
}

const isWanted = ({ id, name }: Endpoint, wanted: string): boolean =>
  wanted === '' || wanted === id || wanted === `${id}${name}`

function byPart(endpoints: readonly Endpoint[]): [string, Endpoint[]][] {
  const groups = Map.groupBy(endpoints, ({ id }) => id)
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
}

const asJson = (endpoints: readonly Endpoint[]): object => ({
  processes: byPart(endpoints).map(([id, own]) => ({
    id,
    endpoints: own.map(({ name, text }) => ({ name, text })),
  })),
})

const asText = (endpoints: readonly Endpoint[]): string =>
  byPart(endpoints)
    .map(([id, own]) => `# ${id}\n\n${own.map((one) => `* \`${pathOf(one)}\`: ${one.text}\n`).join('')}`)
    .join('\n')

const pathOf = ({ id, name }: Endpoint): string => (name === '/' ? `/${id}` : `/${id}${name}`)
