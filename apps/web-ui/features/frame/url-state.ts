import { useCallback } from 'react'
import { useSearchParams } from 'react-router'

/** One member of the address' query: filters, tabs and searches live there, so that a link shows the same view. */
export function useUrlState(name: string, initial = ''): readonly [string, (value: string) => void] {
  const [params, setParams] = useSearchParams()
  const set = useCallback(
    (value: string) =>
      setParams(
        (current) => {
          const next = new URLSearchParams(current)
          if (value === initial) next.delete(name)
          else next.set(name, value)
          return next
        },
        { replace: true, preventScrollReset: true },
      ),
    [setParams, name, initial],
  )
  return [params.get(name) ?? initial, set]
}
