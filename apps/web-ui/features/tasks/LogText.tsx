import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import type { ReactNode } from 'react'
import { parseAnsi } from '../../ui/text/ansi.ts'
import type { LogView } from './log-follower.ts'

const lineHeight = 19

type LogTextProps = {
  label: string
  view: LogView
  query: string
  current: number | undefined
  wrap: boolean
  isPinned: boolean
  onPinned: (isPinned: boolean) => void
  earlier: ReactNode
}

/** The lines in view. Stays at the end while pinned; scrolling up unpins, scrolling to the end pins again. */
export function LogText(props: LogTextProps) {
  const { view, isPinned, current } = props
  const scroller = useRef<HTMLDivElement>(null)
  const { lines, droppedCount } = view.log
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 30,
  })
  useEffect(() => {
    if (isPinned && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' })
  }, [lines, isPinned, props.wrap])
  useEffect(() => {
    if (current !== undefined) virtual.scrollToIndex(current, { align: 'center' })
  }, [current])
  useEffect(() => virtual.measure(), [props.wrap])
  const onScroll = () => {
    const element = scroller.current
    if (element === null) return
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < lineHeight * 2
    if (isAtEnd && !isPinned && props.query === '') props.onPinned(true)
  }
  const numbered = view.startOffset === 0 ? droppedCount + 1 : undefined
  return (
    <div
      className="log-lines"
      ref={scroller}
      role="log"
      aria-live="off"
      aria-label={props.label}
      tabIndex={0}
      data-wrap={props.wrap ? '' : undefined}
      onScroll={onScroll}
      onWheel={(event) => event.deltaY < 0 && isPinned && props.onPinned(false)}
    >
      {props.earlier !== false && <div className="log-note">{props.earlier}</div>}
      {lines.length === 0 && <LogNote view={view} />}
      <div
        style={{
          height: virtual.getTotalSize(),
          position: 'relative',
          minWidth: 'max-content',
          ...(props.wrap ? { minWidth: 0 } : {}),
        }}
      >
        {virtual.getVirtualItems().map((item) => (
          <div
            key={item.key}
            className="log-line"
            data-index={item.index}
            data-hit={isHit(lines[item.index], props.query) ? '' : undefined}
            data-current={item.index === current ? '' : undefined}
            ref={props.wrap ? virtual.measureElement : undefined}
            style={{
              position: 'absolute',
              top: 0,
              left: 0,
              minWidth: '100%',
              ...(props.wrap ? { right: 0 } : {}),
              transform: `translateY(${item.start}px)`,
            }}
          >
            {numbered !== undefined && <i aria-hidden>{numbered + item.index}</i>}
            <span style={numbered === undefined ? { paddingLeft: 14 } : undefined}>
              <Line text={lines[item.index] ?? ''} query={props.query} />
            </span>
          </div>
        ))}
      </div>
    </div>
  )
}

const isHit = (line: string | undefined, query: string) =>
  query !== '' && line?.toLowerCase().includes(query.toLowerCase()) === true

function LogNote({ view }: { view: LogView }) {
  const { status } = view
  if (status.state === 'loading') return <div className="log-note">Loading…</div>
  if (status.state === 'missing')
    return <div className="log-note">There is no such file in the sandbox (yet). {status.reason}</div>
  if (status.state === 'lost')
    return <div className="log-note">The agent cannot be reached: {status.reason} Trying again.</div>
  return <div className="log-note">Nothing has been written yet.</div>
}

function Line({ text, query }: { text: string; query: string }) {
  return parseAnsi(text).map((segment, index) => (
    <span
      key={index}
      className={segment.colour === undefined ? undefined : `ansi-${segment.colour}`}
      style={segment.isBold ? { fontWeight: 700 } : undefined}
    >
      {query === '' ? segment.text : <Marked text={segment.text} query={query} />}
    </span>
  ))
}

function Marked({ text, query }: { text: string; query: string }) {
  const parts: ReactNode[] = []
  const lower = text.toLowerCase()
  const wanted = query.toLowerCase()
  let from = 0
  for (let at = lower.indexOf(wanted); at !== -1; at = lower.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + query.length)}</mark>)
    from = at + query.length
  }
  return [...parts, text.slice(from)]
}
