import type { z } from '../zod.ts'
import { followStream } from './follow-stream.ts'

export type EventFollower<T> = {
  signal: AbortSignal
  heard: () => void
  onOpen: () => Promise<void>
  onEvent: (event: T, type: string) => void
}

/** Follows events: first `onOpen` (read everything now), then each event that the schema knows. */
export function followEvents<T>(
  url: string,
  schema: z.ZodType<T>,
  { signal, heard, onOpen, onEvent }: EventFollower<T>,
): Promise<never> {
  return followStream(
    { url, framing: 'events' },
    {
      signal,
      onOpen: async () => {
        await onOpen()
        heard()
      },
      onItems: (items) => {
        heard()
        for (const { type, data } of items) {
          const parsed = schema.safeParse(JSON.parse(data))
          if (parsed.success) onEvent(parsed.data, type)
        }
      },
    },
  )
}
