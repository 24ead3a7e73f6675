import type { Status } from '../../ui/status.ts'

export type PaletteItem = {
  id: string
  kind: string
  title: string
  detail?: string
  status?: Status
  run: () => void
}

/** Every word of the query has to occur; an early match in the title counts most. */
export function searchItems(items: readonly PaletteItem[], query: string, max: number): PaletteItem[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return items
    .map((item) => ({ item, score: scoreOf(item, words) }))
    .filter((one) => one.score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, max)
    .map((one) => one.item)
}

function scoreOf(item: PaletteItem, words: readonly string[]): number {
  const title = item.title.toLowerCase()
  const rest = `${item.kind} ${item.detail ?? ''}`.toLowerCase()
  let score = 1
  for (const word of words) {
    const at = title.indexOf(word)
    if (at === -1 && !rest.includes(word)) return 0
    score += at === -1 ? 1 : at === 0 ? 20 : /[/\s._-]/.test(title[at - 1] ?? '') ? 12 : 6
  }
  return score
}
