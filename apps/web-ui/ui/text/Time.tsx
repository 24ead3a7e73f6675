import { Tooltip } from '@mantine/core'
import { exactTime, relative } from './format.ts'
import { useNow, useUtc } from './clock.ts'

/** A relative time; the exact one on hover. */
export function Time({ at }: { at: number | undefined }) {
  const now = useNow()
  const utc = useUtc()
  if (at === undefined) return <span className="dim">–</span>
  return (
    <Tooltip label={exactTime(at, { utc })}>
      <time className="num" dateTime={new Date(at).toISOString()}>
        {relative(at, now)}
      </time>
    </Tooltip>
  )
}

/** A time exactly, in the viewer's zone or UTC. */
export function ExactTime({ at }: { at: number | undefined }) {
  const utc = useUtc()
  if (at === undefined) return <span className="dim">–</span>
  return (
    <time className="num" dateTime={new Date(at).toISOString()}>
      {exactTime(at, { utc })}
    </time>
  )
}
