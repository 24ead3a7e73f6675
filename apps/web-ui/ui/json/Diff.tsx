import type { DiffLine } from './diff.ts'
import { diffLines, isChanged } from './diff.ts'

const signs: Record<DiffLine['kind'], string> = { added: '+', removed: '−', same: '', gap: '⋯' }

/** The difference of two texts, unchanged stretches folded. */
export function Diff({ before, after, label }: { before: string; after: string; label: string }) {
  const lines = diffLines(before, after)
  if (!isChanged(lines)) return <p className="dim">No difference.</p>
  return (
    <div className="diff" role="group" aria-label={label} style={{ maxHeight: '50vh' }}>
      {lines.map((line, index) => (
        <div key={index} className="diff-line" data-kind={line.kind}>
          <span aria-hidden>{signs[line.kind]}</span>
          <span>
            {line.kind === 'added' && <span className="visually-hidden">added: </span>}
            {line.kind === 'removed' && <span className="visually-hidden">removed: </span>}
            {line.text}
          </span>
        </div>
      ))}
    </div>
  )
}
