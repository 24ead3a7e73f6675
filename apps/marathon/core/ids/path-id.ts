/** Path ids of apps and groups: `/a/b/c`; the root group is `/`. */

/** The whole id as it may be written: relative or absolute. */
export const idPattern =
  /^(\/?((\.\.)|(([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9]))?($|\/))+$/

const segmentText =
  '^(([a-z0-9]|[a-z0-9][a-z0-9\\-]*[a-z0-9])\\.)*([a-z0-9]|[a-z0-9][a-z0-9\\-]*[a-z0-9])|(\\.|\\.\\.)$'
const segmentPattern = /^(?:(([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])|(\.|\.\.))$/
const reserved = ['restart', 'tasks', 'versions', '.', '..']

export function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

/** The absolute form of `id`, seen from the group `base`. */
export function resolvePath(base: string, id: string): string {
  const result: string[] = []
  const all = id.startsWith('/') ? segmentsOf(id) : [...segmentsOf(base), ...segmentsOf(id)]
  for (const segment of all) {
    if (segment === '..') result.pop()
    else if (segment !== '.') result.push(segment)
  }
  return `/${result.join('/')}`
}

export function parentOf(path: string): string {
  return `/${segmentsOf(path).slice(0, -1).join('/')}`
}

/** Whether `path` lies strictly below `group`. */
export function isWithin(path: string, group: string): boolean {
  return group === '/' ? path !== '/' : path.startsWith(`${group}/`)
}

export function isWithinOrEqual(path: string, group: string): boolean {
  return path === group || isWithin(path, group)
}

/** `/a/b` → `a_b`; reversible because `_` is illegal in path ids. */
export function safeId(path: string): string {
  return segmentsOf(path).join('_')
}

/** `/a/b/c` → `c.b.a`: the name of tasks in Mesos and in service discovery. */
export function hostNameForm(path: string): string {
  return segmentsOf(path).reverse().join('.')
}

/** What is wrong with an absolute id of an app or a group. */
export function pathIdErrors(path: string): string[] {
  const segments = segmentsOf(path)
  const last = segments.at(-1)
  if (last === undefined) return ['Path must contain at least one path element']
  if (segments.some((segment) => !segmentPattern.test(segment)))
    return [`must fully match regular expression '${segmentText}'`]
  if (reserved.includes(last))
    return [`must not end with any of the following reserved keywords: ${reserved.join(', ')}`]
  return []
}
