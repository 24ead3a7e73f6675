import { Link } from 'react-router'
import type { QueueItem } from '../../../api/schemas/marathon.ts'
import { paths } from '../../../paths.ts'
import { amount, duration, momentOf, plural, sentence } from '../../../ui/text/format.ts'
import type { ResourceName } from '../../../ui/text/format.ts'
import { Empty, Facts, Notice, Panel } from '../../../ui/Panel.tsx'
import { StatusMark } from '../../../ui/StatusMark.tsx'
import { Time } from '../../../ui/text/Time.tsx'
import { useUsage } from '../../live/hooks.ts'
import { nearestAgents, reasonText } from '../explain.ts'
import type { ServiceView } from '../service-view.ts'

/** Why it does not run (yet): the offers looked at, the reasons with their counts, the agents that come nearest. */
export function WhyTab({ view }: { view: ServiceView }) {
  const usage = useUsage()
  if (view.queue === undefined) return <Settled view={view} />
  const fits = usage === undefined ? [] : nearestAgents(view.app, usage).slice(0, 8)
  return (
    <div className="stack">
      <Notice status={view.status}>
        <strong>{view.word}.</strong> {view.reason === '' ? 'It waits for the next offers.' : sentence(view.reason)}
      </Notice>
      <div className="grid-2">
        <Panel title="Offers looked at">
          <Funnel item={view.queue} />
        </Panel>
        <Panel title="Nearest agents" flush>
          {fits.length === 0 && <Empty title="No agent is active" />}
          {fits.map((fit) => (
            <Link key={fit.agentId} className="version-row" to={paths.node(fit.agentId)}>
              <StatusMark status={fit.missing.length === 0 ? 'healthy' : 'waiting'} />
              <strong>{fit.hostname}</strong>
              <span className="dim">
                {fit.missing.length === 0 ? 'has the room; another rule keeps it away' : fit.missing.join(', ')}
              </span>
            </Link>
          ))}
        </Panel>
      </div>
      <LastOffers item={view.queue} />
    </div>
  )
}

function Settled({ view }: { view: ServiceView }) {
  if (view.status === 'healthy')
    return <Empty title="Nothing waits">Every instance that is wanted has been placed.</Empty>
  const reason = view.reason === '' ? 'Marathon has nothing in its queue for it.' : sentence(view.reason)
  return (
    <Notice status={view.status}>
      <strong>{view.word}.</strong> {reason}
    </Notice>
  )
}

function Funnel({ item }: { item: QueueItem }) {
  const summary = item.processedOffersSummary
  const stages = (summary?.rejectSummaryLastOffers ?? []).filter((stage) => stage.processed > 0)
  return (
    <div className="stack">
      <Facts
        items={[
          ['To launch', plural(item.count, 'instance')],
          ['Waiting', <Time key="s" at={momentOf(item.since)} />],
          ['Offers', `${summary?.processedOffersCount ?? 0} looked at, ${summary?.unusedOffersCount ?? 0} not used`],
          ...(item.delay.timeLeftSeconds > 0
            ? [['Next try', `in ${duration(item.delay.timeLeftSeconds * 1000)} (after failures)`] as const]
            : []),
        ]}
      />
      {stages.length > 0 && (
        <div className="funnel" role="list" aria-label="Reasons, in the order they are checked">
          {stages.map((stage) => {
            const passed = stage.processed - stage.declined
            return (
              <div className="funnel-row" role="listitem" key={stage.reason}>
                <span>{reasonText(stage.reason)}</span>
                <span className="funnel-bar" aria-hidden>
                  <span style={{ width: `${(passed / stage.processed) * 100}%` }} />
                  <span style={{ width: `${(stage.declined / stage.processed) * 100}%` }} />
                </span>
                <span className="num dim">
                  {stage.declined} of {stage.processed}
                </span>
              </div>
            )
          })}
        </div>
      )}
      {stages.length === 0 && <p className="dim">No offer has been refused lately.</p>}
    </div>
  )
}

function LastOffers({ item }: { item: QueueItem }) {
  const offers = item.lastUnusedOffers ?? []
  if (offers.length === 0) return null
  const named: ResourceName[] = ['cpus', 'mem', 'disk', 'gpus']
  return (
    <Panel title="Last refused offers" flush>
      {offers.map(({ offer, reason, timestamp }) => (
        <div className="version-row" key={offer.id}>
          <strong>{offer.hostname}</strong>
          <span className="dim num">
            {named
              .flatMap((name) => {
                const total = offer.resources
                  .filter((one) => one.name === name)
                  .reduce((sum, one) => sum + (one.scalar ?? 0), 0)
                return total > 0 ? [name === 'cpus' ? `${amount(name, total)} cpus` : amount(name, total)] : []
              })
              .join(', ')}
          </span>
          <span>{reason.map(reasonText).join(', ')}</span>
          <span className="toolbar-space" />
          <span className="dim">
            <Time at={momentOf(timestamp)} />
          </span>
        </div>
      ))}
    </Panel>
  )
}
