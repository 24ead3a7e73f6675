import { Tooltip } from '@mantine/core'

export type Part = { name: string; value: number; colour: string; text: string }

/** Parts of a whole, side by side. The text says the same for who does not see it. */
export function StackedBar({
  parts,
  total,
  label,
  tall,
}: {
  parts: readonly Part[]
  total: number
  label: string
  tall?: boolean
}) {
  const text = parts.map((part) => `${part.name} ${part.text}`).join(', ')
  return (
    <Tooltip label={text}>
      <div className="bar" data-tall={tall === true ? '' : undefined} role="img" aria-label={`${label}: ${text}`}>
        {parts.map((part) => (
          <span
            key={part.name}
            style={{ width: `${total <= 0 ? 0 : Math.min(100, (part.value / total) * 100)}%`, background: part.colour }}
          />
        ))}
      </div>
    </Tooltip>
  )
}

export function Legend({ items }: { items: readonly { name: string; colour: string }[] }) {
  return (
    <div style={{ display: 'flex', gap: 14, flexWrap: 'wrap' }}>
      {items.map((item) => (
        <span className="key" key={item.name} style={{ '--swatch': item.colour } as React.CSSProperties}>
          {item.name}
        </span>
      ))}
    </div>
  )
}
