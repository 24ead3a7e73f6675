/** Frameworks in v1 answers: what is known of each, with its offers, which come and go, in between. */
import { encodeJson, encodeProtobuf } from '@thermosphere/protocol'
import type { MediaType, mesos } from '@thermosphere/protocol'
import type { Sight } from '../access/sight.ts'
import type { Form } from '../books/encoded-items.ts'
import { frameworkBooks, frameworkState, inverseOffersOf, offersOf, shownOfferWire } from '../views/v1-entities.ts'
import type { ShownOffer } from '../offers.ts'
import { kept, listed, runsOf } from './parts.ts'
import type { Fragment, Part } from './parts.ts'
import { completedFrameworks, currentFrameworks, snapshotFramework } from './snapshot.ts'
import type { FrameworkSnapshot } from './snapshot.ts'
import type { ShownFramework } from '../views/shown.ts'
import type { Framework, Master } from '../model.ts'

export interface V1Framework extends FrameworkSnapshot {
  readonly shownOffers: readonly ShownOffer[]
  readonly inverseOfferWires: readonly mesos.InverseOffer[]
}

export interface V1Frameworks {
  readonly current: readonly V1Framework[]
  readonly completed: readonly V1Framework[]
}

export function snapshotV1Frameworks(m: Master, sight: Sight): V1Frameworks {
  const take = (framework: Framework): V1Framework => ({
    ...snapshotFramework(framework, sight),
    shownOffers: offersOf(m, framework),
    inverseOfferWires: inverseOffersOf(m, framework),
  })
  return { current: currentFrameworks(m, sight).map(take), completed: completedFrameworks(m, sight).map(take) }
}

const name = 'mesos.v1.master.Response.GetFrameworks.Framework'
const offerForm: Form<ShownOffer> = {
  separator: ',',
  encode: (shown) => encodeJson('mesos.v1.Offer', shownOfferWire(shown)),
}
const inverseOfferForm: Form<mesos.InverseOffer> = {
  separator: ',',
  encode: (offer) => encodeJson('mesos.v1.InverseOffer', offer),
}
/** Fields of the message. */
const offersField = 7
const inverseOffersField = 8

/** A framework as an element of a list: an object, or the field `field` of the message with the list. */
export const frameworkParts = (framework: V1Framework, encoding: MediaType, field: number): Iterable<Part> =>
  encoding === 'application/json' ? jsonParts(framework) : [{ field, parts: protobufParts(framework) }]

function* jsonParts({ shown, shownOffers, inverseOfferWires }: V1Framework): Generator<Part> {
  const { before, after } = endsOf(shown)
  yield before
  if (shownOffers.length > 0) yield ','
  if (shownOffers.length > 0) yield* listed('offers', runsOf(shownOffers, offerForm))
  if (inverseOfferWires.length > 0) yield ','
  if (inverseOfferWires.length > 0) yield* listed('inverse_offers', runsOf(inverseOfferWires, inverseOfferForm))
  yield after
}

function* protobufParts({ shown, shownOffers, inverseOfferWires }: V1Framework): Generator<Part> {
  yield endsOf(shown).whole
  for (const one of shownOffers)
    yield { field: offersField, parts: [{ bytes: () => encodeProtobuf('mesos.v1.Offer', shownOfferWire(one)) }] }
  for (const offer of inverseOfferWires)
    yield { field: inverseOffersField, parts: [{ bytes: () => encodeProtobuf('mesos.v1.InverseOffer', offer) }] }
}

interface Ends {
  /** JSON before and after the offers. */
  readonly before: Fragment
  readonly after: Fragment
  /** Protobuf without the offers, whose place in it does not matter. */
  readonly whole: Fragment
}

const endsKept = new WeakMap<ShownFramework, Ends>()

function endsOf(shown: ShownFramework): Ends {
  const known = endsKept.get(shown)
  if (known) return known
  const ends: Ends = {
    before: kept(() => encodeJson(name, frameworkState(shown)).slice(0, -1)),
    after: kept(() => `${booksJson(shown)}}`),
    whole: kept(() => encodeProtobuf(name, { ...frameworkState(shown), ...frameworkBooks(shown) })),
  }
  endsKept.set(shown, ends)
  return ends
}

function booksJson(shown: ShownFramework): string {
  const { allocated_resources, offered_resources, offer_constraints } = frameworkBooks(shown)
  const list = (key: string, resources: readonly mesos.Resource[]): string =>
    resources.length === 0
      ? ''
      : `,"${key}":[${resources.map((resource) => encodeJson('mesos.v1.Resource', resource)).join(',')}]`
  const constraints = encodeJson('mesos.v1.scheduler.OfferConstraints', offer_constraints)
  return (
    list('allocated_resources', allocated_resources) +
    list('offered_resources', offered_resources) +
    `,"offer_constraints":${constraints}`
  )
}
