import type { LiveClient } from '../../api/live/live-client.ts'

/** How long a hidden tab keeps its streams. */
const graceMs = 20_000

/**
 * A browser allows six connections to an origin over HTTP/1.1, for all of its tabs together. A hidden tab gives its streams
 * back, and takes a new snapshot when somebody looks again.
 */
export function releaseWhileHidden(live: Pick<LiveClient, 'pause' | 'start'>): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isReleased = false
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer)
    if (document.hidden) {
      timer = setTimeout(() => {
        isReleased = true
        live.pause()
      }, graceMs)
    } else if (isReleased) {
      isReleased = false
      live.start()
    }
  })
}
