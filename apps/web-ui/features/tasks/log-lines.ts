import { limits } from '../../limits.ts'

/** The lines of a log as far as they are known: text is appended at the end or put before the beginning. */
export type LogLines = {
  lines: readonly string[]
  /** Whether the last line still waits for its end. */
  isOpen: boolean
  /** Lines dropped from the beginning because there are too many. */
  droppedCount: number
}

export const noLines: LogLines = { lines: [], isOpen: false, droppedCount: 0 }

const cut = (line: string) =>
  line.length > limits.logLineCharsMax ? `${line.slice(0, limits.logLineCharsMax)}…` : line

export function appendText(log: LogLines, text: string): LogLines {
  if (text === '') return log
  const pieces = text.split('\n')
  const isOpen = pieces.at(-1) !== ''
  if (!isOpen) pieces.pop()
  const last = log.isOpen ? log.lines.at(-1) : undefined
  const kept = last === undefined ? log.lines : log.lines.slice(0, -1)
  if (last !== undefined) pieces[0] = `${last}${pieces[0] ?? ''}`
  return bounded({ ...log, lines: [...kept, ...pieces.map(cut)], isOpen })
}

/** Earlier text: it ends where the known lines begin, maybe in the middle of one. */
export function prependText(log: LogLines, text: string): LogLines {
  const pieces = text.split('\n')
  const [first, ...rest] = log.lines
  const joined = `${pieces.pop() ?? ''}${first ?? ''}`
  return { ...log, lines: [...pieces.map(cut), ...(joined === '' && rest.length === 0 ? [] : [cut(joined)]), ...rest] }
}

function bounded(log: LogLines): LogLines {
  const excess = log.lines.length - limits.logLinesMax
  return excess <= 0 ? log : { ...log, lines: log.lines.slice(excess), droppedCount: log.droppedCount + excess }
}

/** The lines that hold the searched text, in order. */
export function findLines(lines: readonly string[], query: string): number[] {
  if (query === '') return []
  const wanted = query.toLowerCase()
  const found: number[] = []
  lines.forEach((line, index) => {
    if (line.toLowerCase().includes(wanted)) found.push(index)
  })
  return found
}
