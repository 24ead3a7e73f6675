import { ActionIcon, Menu } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import type { ReactNode } from 'react'

/** The menu behind the dots: actions that are not in sight. */
export function MoreActions({ children }: { children: ReactNode }) {
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="default" size={30} aria-label="More actions">
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  )
}

export function ReasonedItem(props: {
  label: string
  reason: string | undefined
  onClick: () => void
  color?: string
}) {
  return (
    <Menu.Item
      disabled={props.reason !== undefined}
      title={props.reason}
      onClick={props.onClick}
      {...(props.color === undefined ? {} : { color: props.color })}
    >
      {props.label}
      {props.reason !== undefined && (
        <div className="dim" style={{ fontSize: 12, maxWidth: 240 }}>
          {props.reason}
        </div>
      )}
    </Menu.Item>
  )
}
