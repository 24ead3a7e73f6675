/** A line difference of two texts (longest common subsequence), with unchanged stretches folded. */
export type DiffLine = { kind: 'same' | 'added' | 'removed' | 'gap'; text: string }

export function diffLines(before: string, after: string, context = 3): DiffLine[] {
  return fold(align(before.split('\n'), after.split('\n')), context)
}

export const isChanged = (lines: readonly DiffLine[]) =>
  lines.some((line) => line.kind === 'added' || line.kind === 'removed')

function align(before: readonly string[], after: readonly string[]): DiffLine[] {
  const lengths = commonLengths(before, after)
  const lines: DiffLine[] = []
  let i = 0
  let j = 0
  while (i < before.length || j < after.length) {
    const left = before[i]
    const right = after[j]
    if (left !== undefined && left === right) {
      lines.push({ kind: 'same', text: left })
      i += 1
      j += 1
    } else if (right === undefined || (left !== undefined && at(lengths, i + 1, j) >= at(lengths, i, j + 1))) {
      lines.push({ kind: 'removed', text: left ?? '' })
      i += 1
    } else {
      lines.push({ kind: 'added', text: right })
      j += 1
    }
  }
  return lines
}

const at = (lengths: readonly Uint32Array[], i: number, j: number) => lengths[i]?.[j] ?? 0

function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1))
  for (let i = before.length - 1; i >= 0; i -= 1)
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = lengths[i]
      if (row === undefined) continue
      row[j] =
        before[i] === after[j] ? at(lengths, i + 1, j + 1) + 1 : Math.max(at(lengths, i + 1, j), at(lengths, i, j + 1))
    }
  return lengths
}

function fold(lines: readonly DiffLine[], context: number): DiffLine[] {
  const near = new Set<number>()
  lines.forEach((line, index) => {
    if (line.kind === 'same') return
    for (let at = index - context; at <= index + context; at += 1) near.add(at)
  })
  const folded: DiffLine[] = []
  let hidden = 0
  const flush = () => {
    if (hidden > 0) folded.push({ kind: 'gap', text: `${hidden} unchanged ${hidden === 1 ? 'line' : 'lines'}` })
    hidden = 0
  }
  lines.forEach((line, index) => {
    if (!near.has(index)) return void (hidden += 1)
    flush()
    folded.push(line)
  })
  flush()
  return folded
}
