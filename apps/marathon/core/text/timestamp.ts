import type { Millis } from '@thermosphere/effects'

/** ISO 8601 in UTC, always with milliseconds: `2021-07-01T12:00:00.000Z`. Texts compare like the times they name. */
export function formatTimestamp(at: Millis): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toString({ fractionalSecondDigits: 3 })
}

export function parseTimestamp(text: string): Millis | undefined {
  try {
    return Temporal.Instant.from(text).epochMilliseconds
  } catch {
    return undefined
  }
}
