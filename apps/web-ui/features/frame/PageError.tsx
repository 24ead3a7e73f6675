import { errorMessage } from '@thermosphere/effects'
import { Button } from '@mantine/core'
import { useRouteError } from 'react-router'
import { ApiError } from '../../api/http.ts'
import { Notice } from '../../ui/Panel.tsx'

/** The boundary of a page: what went wrong, what to do, what to quote. */
export function PageError() {
  const error = useRouteError()
  return (
    <div className="page">
      <ErrorNotice error={error} title="This page broke." onRetry={() => location.reload()} />
    </div>
  )
}

export function ErrorNotice({ error, title, onRetry }: { error: unknown; title: string; onRetry?: () => void }) {
  const message = errorMessage(error)
  const requestId = error instanceof ApiError ? error.requestId : undefined
  return (
    <Notice
      status="failing"
      actions={
        onRetry !== undefined && (
          <Button variant="default" onClick={onRetry}>
            Try again
          </Button>
        )
      }
    >
      <strong>{title}</strong> {message}
      {requestId !== undefined && (
        <span className="dim">
          {' '}
          Request <span className="mono">{requestId}</span>
        </span>
      )}
    </Notice>
  )
}
