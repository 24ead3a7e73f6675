import { createContext, useContext, useSyncExternalStore } from 'react'

/** One clock for every relative time on the page: a second's tick, only while somebody looks. */
const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  if (timer === undefined) now = Date.now()
  timer ??= setInterval(() => {
    now = Date.now()
    for (const one of listeners) one()
  }, 1_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

export const useNow = () => useSyncExternalStore(subscribe, () => now)

/** Whether exact times are shown in UTC instead of the viewer's zone. */
export const UtcContext = createContext(false)
export const useUtc = () => useContext(UtcContext)
