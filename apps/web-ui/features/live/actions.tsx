import { errorMessage } from '@thermosphere/effects'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { ApiError } from '../../api/http.ts'

/** The sentence for a failed action, with the id to quote. */
export function failureSentence(error: unknown): string {
  if (!(error instanceof ApiError)) return errorMessage(error)
  const fields = error.fields.flatMap((one) => one.errors.map((text) => `${one.path}: ${text}`)).join('; ')
  const quoted = error.requestId === undefined ? '' : ` (request ${error.requestId})`
  return `${error.message}${fields === '' ? '' : ` ${fields}`}${quoted}`
}

function notifyFailure(title: string, error: unknown): void {
  notifications.show({ title, message: failureSentence(error), color: 'red', autoClose: 10_000 })
}

/** Runs actions one at a time and tells how they ended. */
export function useAction() {
  const [busy, setBusy] = useState(false)
  const run = async (options: { done: string; failed: string; action: () => Promise<unknown>; after?: () => void }) => {
    setBusy(true)
    try {
      await options.action()
      notifications.show({ message: options.done })
      options.after?.()
    } catch (error) {
      notifyFailure(options.failed, error)
    } finally {
      setBusy(false)
    }
  }
  return { busy, run: (options: Parameters<typeof run>[0]) => void run(options) }
}
