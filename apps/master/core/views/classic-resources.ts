import type { mesos } from '@thermosphere/protocol'
import type { Item, Quantities } from '@thermosphere/offer-engine'
import { rangePairs, Resources, toMilli } from '@thermosphere/offer-engine'
import { array, double, entries, object, raw, text } from './json.ts'
import type { Json } from './json.ts'

/** Always there, 0 if none, in this order. */
const fixedNames = ['disk', 'mem', 'gpus', 'cpus'] as const

/** Amounts by name: scalars as numbers, ranges and sets as text, revocable ones under `<name>_revocable`. */
export function resourceObject(resources: Resources): Json {
  const scalars = new Map<string, number>(fixedNames.map((name) => [name, 0]))
  const others = new Map<string, Item[]>()
  for (const item of resources.items) {
    const key = item.meta.revocable ? `${item.meta.name}_revocable` : item.meta.name
    if (item.type === 'SCALAR') scalars.set(key, (scalars.get(key) ?? 0) + item.milli)
    else others.set(key, [...(others.get(key) ?? []), item])
  }
  const numbers = [...scalars].map(([name, milli]) => [name, double(milli / 1000)] as const)
  const texts = [...others].map(([name, items]) => [name, text(joined(items))] as const)
  return entries([...numbers, ...texts])
}

/** The same of resources as a task has them; most are plain scalars, which need no bag to be summed. */
export function wireResourceObject(resources: readonly mesos.Resource[]): Json {
  let disk = 0
  let mem = 0
  let gpus = 0
  let cpus = 0
  for (const resource of resources) {
    if (!isPlainScalar(resource)) return resourceObject(Resources.fromWire(resources))
    const milli = toMilli(resource.scalar?.value ?? 0)
    if (resource.name === 'cpus') cpus += milli
    else if (resource.name === 'mem') mem += milli
    else if (resource.name === 'disk') disk += milli
    else gpus += milli
  }
  const [diskText, memText, gpusText, cpusText] = [amount(disk), amount(mem), amount(gpus), amount(cpus)]
  return raw(`{"disk":${diskText},"mem":${memText},"gpus":${gpusText},"cpus":${cpusText}}`)
}

const amount = (milli: number): Json => double(milli / 1000)

const fixed: ReadonlySet<string> = new Set(fixedNames)

const isPlainScalar = ({ name, type, scalar, disk, revocable, shared }: mesos.Resource): boolean =>
  type === 'SCALAR' && fixed.has(name) && (scalar?.value ?? -1) >= 0 && !disk && !revocable && !shared

function joined(items: readonly Item[]): string {
  const members = items.flatMap((item) => (item.type === 'SET' ? item.members : []))
  if (members.length > 0) return `{${members.join(', ')}}`
  const ranges = items.flatMap((item) => (item.type === 'RANGES' ? rangePairs(item.ranges) : []))
  return `[${ranges.map(([begin, end]) => `${begin}-${end}`).join(', ')}]`
}

/** Only what is there, as `/roles` shows it. */
export const quantityObject = (amounts: Quantities): Json =>
  entries([...amounts].filter(([, milli]) => milli !== 0).map(([name, milli]) => [name, double(milli / 1000)] as const))

export const labelList = (labels: mesos.Labels | undefined): Json | undefined =>
  labels?.labels &&
  array(
    labels.labels.map(({ key, value }) =>
      object({ key: text(key), value: value === undefined ? undefined : text(value) }),
    ),
  )

/** Attributes by name: scalars as numbers, all else as text. */
export const attributeObject = (attributes: readonly mesos.Attribute[] | undefined): Json =>
  entries((attributes ?? []).map((attribute) => [attribute.name, attributeValue(attribute)] as const))

function attributeValue(attribute: mesos.Attribute): Json {
  switch (attribute.type) {
    case 'SCALAR':
      return double(attribute.scalar?.value ?? 0)
    case 'RANGES':
      return text(rangesText(attribute.ranges))
    case 'SET':
      return text(`{${(attribute.set?.item ?? []).join(', ')}}`)
    default:
      return text(attribute.text?.value ?? '')
  }
}

const rangesText = (ranges: mesos.Value_Ranges | undefined): string =>
  `[${(ranges?.range ?? []).map(({ begin, end }) => `${begin}-${end}`).join(', ')}]`
