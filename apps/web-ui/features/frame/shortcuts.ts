import { useEffect } from 'react'
import { useNavigate } from 'react-router'
import { sections } from './navigation.ts'

export const shortcutList = [
  ['Ctrl K', 'Search and commands'],
  ['/', 'Search in the list'],
  ...sections.map((section) => [`g ${section.key}`, section.label] as const),
  ['c s', 'New service'],
  ['c j', 'New job'],
  ['j k', 'Next and previous row'],
  ['Enter', 'Open the row'],
  ['?', 'This list'],
] as const

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

/** The next or previous row of the table on the page. */
function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-nav-row]')]
  const current = rows.findIndex((row) => row === document.activeElement || row.hasAttribute('data-current'))
  const next = rows[current === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, current + step))]
  if (next === undefined) return
  for (const row of rows) row.toggleAttribute('data-current', row === next)
  next.focus({ preventScroll: true })
  next.scrollIntoView({ block: 'nearest' })
}

/** Keys that work everywhere but in fields. `g x` goes, `c x` creates. */
export function useShortcuts(options: {
  onPalette: () => void
  onHelp: () => void
  create: { service: string; job: string }
}): void {
  const navigate = useNavigate()
  const { onPalette, onHelp, create } = options
  useEffect(() => {
    let prefix = ''
    let prefixAt = 0
    const go = (key: string): string | undefined => {
      if (prefix === 'g') return sections.find((section) => section.key === key)?.path
      if (prefix === 'c') return key === 's' ? create.service : key === 'j' ? create.job : undefined
      return undefined
    }
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        return onPalette()
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (event.target instanceof Element && event.target.closest('[role="dialog"]') !== null) return
      const target = Date.now() - prefixAt < 1_200 ? go(event.key) : undefined
      prefix = ''
      if (target !== undefined) {
        event.preventDefault()
        return void navigate(target)
      }
      if (event.key === 'g' || event.key === 'c') {
        prefix = event.key
        prefixAt = Date.now()
      } else if (event.key === '?') onHelp()
      else if (event.key === 'j') moveRow(1)
      else if (event.key === 'k') moveRow(-1)
      else if (event.key === '/') focusSearch(event)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [navigate, onPalette, onHelp, create.service, create.job])
}

function focusSearch(event: KeyboardEvent): void {
  const field = document.querySelector<HTMLInputElement>('main input[type="search"]')
  if (field === null) return
  event.preventDefault()
  field.focus()
}
