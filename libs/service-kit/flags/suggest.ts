const MAX_DISTANCE = 3

/** `; did you mean --x?` for the nearest name, or nothing when none is near. */
export function suggest(written: string, names: readonly string[]): string {
  const wanted = normalize(written)
  let best: { name: string; distance: number } | undefined
  for (const name of names) {
    const distance = editDistance(wanted, normalize(name))
    if (best === undefined || distance < best.distance) best = { name, distance }
  }
  if (best === undefined || best.distance > Math.min(MAX_DISTANCE, Math.ceil(wanted.length / 3))) return ''
  return `; did you mean --${best.name}?`
}

const normalize = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '')

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substituted, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}
