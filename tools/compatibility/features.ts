/** The features of each area, and the differences that are known: data that people keep by hand beside this file. */
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** Number, name and priority: must, should, could or obsolete. */
export type Feature = readonly [id: string, name: string, priority: string]

export type Area = {
  /** As tags name it: `mesos` in `[mesos 46]`. */
  readonly name: string
  readonly title: string
  readonly sections: readonly { readonly title: string; readonly features: readonly Feature[] }[]
}

export type KnownDifference = {
  /** Tags without their brackets. */
  readonly features: readonly string[]
  readonly difference: string
  readonly reason: string
}

const areaOrder = ['mesos', 'marathon', 'chronos', 'platform', 'dashboard']

export const readAreas = (): Area[] =>
  globSync(`${import.meta.dirname}/features/*.json`)
    .map((path) => {
      const name = basename(path, '.json')
      return { name, ...(JSON.parse(readFileSync(path, 'utf8')) as Omit<Area, 'name'>) }
    })
    .sort((a, b) => areaOrder.indexOf(a.name) - areaOrder.indexOf(b.name))

export const readKnownDifferences = (): KnownDifference[] =>
  JSON.parse(readFileSync(`${import.meta.dirname}/known-differences.json`, 'utf8')) as KnownDifference[]

export const featuresOf = (area: Area): Feature[] => area.sections.flatMap(({ features }) => features)

/** Every feature as its tag names it: `mesos 46`. */
export const featureTags = (areas: readonly Area[]): Set<string> =>
  new Set(areas.flatMap((area) => featuresOf(area).map(([id]) => `${area.name} ${id}`)))
