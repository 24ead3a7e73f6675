import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { shortId } from './text/format.ts'

/** A button that copies; the tick says it happened. */
export function CopyButton({ value, label }: { value: string; label: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(value)
    setCopied(true)
    setTimeout(() => setCopied(false), 1_200)
  }
  return (
    <button
      type="button"
      aria-label={copied ? 'Copied' : label}
      title={label}
      onClick={(event) => {
        event.preventDefault()
        event.stopPropagation()
        void copy().catch(() => setCopied(false))
      }}
    >
      {copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
    </button>
  )
}

/** An id: mono, shortened in the middle, whole on hover and when copied. */
export function Id({ value, max, children }: { value: string; max?: number; children?: ReactNode }) {
  return (
    <span className="copyable">
      <span className="mono ellipsis" title={value}>
        {children ?? shortId(value, max)}
      </span>
      <CopyButton value={value} label={`Copy ${value}`} />
    </span>
  )
}

/** A command to copy. */
export function Sample({ code, label }: { code: string; label: string }) {
  return (
    <div className="sample copyable" style={{ display: 'flex' }}>
      <code>{code}</code>
      <CopyButton value={code} label={label} />
    </div>
  )
}
