import { Button, Tooltip } from '@mantine/core'
import type { ButtonProps } from '@mantine/core'
import type { ReactNode } from 'react'

/** A button that, when it cannot be pressed now, says why instead of being silent. */
export function ActionButton(
  props: ButtonProps & { reason: string | undefined; onClick: () => void; children: ReactNode; 'aria-label'?: string },
) {
  const { reason, onClick, ...rest } = props
  return (
    <Tooltip label={reason} disabled={reason === undefined}>
      <Button
        {...rest}
        aria-disabled={reason !== undefined}
        {...(reason === undefined ? {} : { 'data-disabled': true })}
        title={reason}
        onClick={() => reason === undefined && onClick()}
      />
    </Tooltip>
  )
}
