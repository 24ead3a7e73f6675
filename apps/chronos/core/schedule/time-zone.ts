/** Time zone ids as Java reads them, mapped to what Temporal knows. */

/** Legacy three-letter ids mean what they meant to Java, not what today's tables say. */
const legacyZones: Readonly<Record<string, string>> = {
  EST: 'America/New_York',
  CST: 'America/Chicago',
  MST: 'America/Denver',
  PST: 'America/Los_Angeles',
  AST: 'America/Anchorage',
  HST: 'Pacific/Honolulu',
  PNT: 'America/Phoenix',
  ECT: 'Europe/Paris',
  CET: 'Europe/Paris',
  BST: 'Asia/Dhaka',
  IST: 'Asia/Kolkata',
  AET: 'Australia/Sydney',
  EDT: 'UTC',
  PDT: 'UTC',
  CEST: 'UTC',
  Z: 'UTC',
}

const gmtOffset = /^GMT([+-])(\d{1,2})(?::?(\d{2}))?$/i

/** The id for Temporal, or undefined when there is no such zone. */
export function resolveZone(id: string): string | undefined {
  const legacy = legacyZones[id.toUpperCase()]
  if (legacy !== undefined) return legacy
  if (/^UTC[+-]/i.test(id)) return 'UTC'
  const offset = gmtOffset.exec(id)
  const name = offset === null ? id : `${offset[1]}${(offset[2] ?? '').padStart(2, '0')}:${offset[3] ?? '00'}`
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId
  } catch {
    return undefined
  }
}
