import type { App, QueueItem } from '../../api/schemas/marathon.ts'
import type { Usage } from '../cluster/usage.ts'
import { amount, cpus, mebibytes, plural } from '../../ui/text/format.ts'
import type { ResourceName } from '../../ui/text/format.ts'

/** Marathon's reasons, in the order offers are tried against, as words. */
const reasonTexts: Record<string, string> = {
  UnfulfilledRole: 'the offer is for another role',
  UnfulfilledConstraint: 'a placement constraint is not met',
  NoCorrespondingReservationFound: 'no matching reservation',
  AgentMaintenance: 'the agent is in maintenance',
  InsufficientCpus: 'not enough cpus',
  InsufficientMemory: 'not enough memory',
  InsufficientDisk: 'not enough disk',
  InsufficientGpus: 'not enough gpus',
  InsufficientPorts: 'a port is taken',
  DeclinedScarceResources: 'agents with gpus are kept for who needs them',
}
export const reasonText = (reason: string) => reasonTexts[reason] ?? reason

const needs = [
  ['cpus', 'InsufficientCpus'],
  ['mem', 'InsufficientMemory'],
  ['disk', 'InsufficientDisk'],
  ['gpus', 'InsufficientGpus'],
] as const

/** One sentence: why no instance starts. The cluster's own free resources say more than the last offers do. */
export function explainWaiting(app: App, item: QueueItem, usage: Usage): string {
  const agents = usage.agents.filter((one) => one.agent.active && !one.agent.deactivated)
  if (agents.length === 0) return 'no agent is active'
  for (const [name] of needs) {
    const largest = Math.max(...agents.map((one) => one.free[name]))
    if (app[name] > largest)
      return `needs ${need(name, app[name])}, the largest free agent has ${amount(name, largest)}`
  }
  return explainRejections(item) ?? explainTogether(app, usage) ?? 'waits for an offer that fits'
}

const need = (name: ResourceName, value: number) => {
  if (name === 'cpus') return `${cpus(value)} ${value === 1 ? 'cpu' : 'cpus'}`
  if (name === 'mem') return `${mebibytes(value)} of memory`
  return name === 'disk' ? `${mebibytes(value)} of disk` : `${cpus(value)} gpus`
}

function explainRejections(item: QueueItem): string | undefined {
  const summary = item.processedOffersSummary
  const rejects = summary?.rejectSummaryLastOffers.some((one) => one.declined > 0)
    ? summary.rejectSummaryLastOffers
    : (summary?.rejectSummaryLaunchAttempt ?? [])
  const worst = rejects.toSorted((a, b) => b.declined - a.declined)[0]
  if (worst === undefined || worst.declined === 0) return undefined
  return `${reasonText(worst.reason)} (${worst.declined} of the last ${plural(worst.processed, 'offer')})`
}

function explainTogether(app: App, usage: Usage): string | undefined {
  const fits = usage.agents.filter((one) => one.agent.active && one.free.cpus >= app.cpus && one.free.mem >= app.mem)
  if (fits.length > 0) return undefined
  return `no single agent has ${need('cpus', app.cpus)} and ${need('mem', app.mem)} free together`
}

/** How close each agent comes: what is missing there, fewest first. */
type Fit = { agentId: string; hostname: string; missing: string[] }
export function nearestAgents(app: App, usage: Usage): Fit[] {
  const fits = usage.agents
    .filter((one) => one.agent.active)
    .map((one) => ({
      agentId: one.agent.id,
      hostname: one.agent.hostname,
      missing: needs
        .filter(([name]) => app[name] > one.free[name])
        .map(([name]) => `${amount(name, one.free[name])} of ${need(name, app[name])} free`),
    }))
  return fits.sort((a, b) => a.missing.length - b.missing.length)
}
