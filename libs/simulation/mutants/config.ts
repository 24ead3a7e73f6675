/** What the programs of this folder are told on their command line. */

const seedsMaxDefault = 60

/** How many seeds a planted bug may survive. */
export const readSeedsMax = (): number => Number(process.argv[2] ?? seedsMaxDefault)

/** The seeds that a child process runs. */
export function readSeeds(): { readonly from: number; readonly count: number } {
  const [from = 1, count = 1] = process.argv.slice(2).map(Number)
  return { from, count }
}
