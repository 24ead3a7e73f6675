import { json, jsonParseLinter } from '@codemirror/lang-json'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { linter, lintGutter } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { basicSetup } from 'codemirror'
import { useEffect, useRef } from 'react'

const look = EditorView.theme({
  '&': { color: 'var(--ts-text)', backgroundColor: 'transparent' },
  '.cm-content': { caretColor: 'var(--ts-accent)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--ts-faint)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--ts-accent-soft)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--ts-accent-soft) !important',
  },
  '.cm-cursor': { borderLeftColor: 'var(--ts-accent)' },
  '.cm-tooltip, .cm-panels': {
    backgroundColor: 'var(--ts-raised)',
    color: 'var(--ts-text)',
    border: '1px solid var(--ts-border-strong)',
  },
})

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--ts-accent)' },
  { tag: tags.string, color: 'var(--ts-healthy)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--ts-waiting)' },
  { tag: [tags.brace, tags.squareBracket, tags.separator], color: 'var(--ts-dim)' },
])

/** JSON with line numbers and marked mistakes. Text set from outside replaces the editor's without moving the caret. */
export function JsonEditor({
  text,
  onText,
  label,
  isInvalid,
}: {
  text: string
  onText: (text: string) => void
  label: string
  isInvalid: boolean
}) {
  const holder = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const onTextLatest = useRef(onText)
  onTextLatest.current = onText
  useEffect(() => {
    if (holder.current === null) return
    const editor = new EditorView({
      parent: holder.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          basicSetup,
          json(),
          linter(jsonParseLinter()),
          lintGutter(),
          look,
          syntaxHighlighting(colours),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label }),
          EditorView.updateListener.of((update) => {
            const isTyped = update.transactions.some(
              (transaction) =>
                transaction.isUserEvent('input') ||
                transaction.isUserEvent('delete') ||
                transaction.isUserEvent('undo') ||
                transaction.isUserEvent('redo') ||
                transaction.isUserEvent('move'),
            )
            if (update.docChanged && isTyped) onTextLatest.current(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = editor
    return () => editor.destroy()
  }, [label])
  useEffect(() => {
    const editor = view.current
    if (editor === undefined || editor.state.doc.toString() === text) return
    editor.dispatch({ changes: minimalChange(editor.state.doc.toString(), text) })
  }, [text])
  return <div className="editor" ref={holder} data-invalid={isInvalid ? '' : undefined} />
}

/** Only what differs is replaced, so that the caret and the scroll position stay. */
function minimalChange(before: string, after: string): { from: number; to: number; insert: string } {
  let from = 0
  while (from < before.length && from < after.length && before[from] === after[from]) from += 1
  let fromEnd = 0
  while (
    fromEnd < before.length - from &&
    fromEnd < after.length - from &&
    before.at(-1 - fromEnd) === after.at(-1 - fromEnd)
  )
    fromEnd += 1
  return { from, to: before.length - fromEnd, insert: after.slice(from, after.length - fromEnd) }
}
