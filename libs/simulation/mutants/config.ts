/** The seeds that a child process runs, from its command line. */
export function readSeeds(): { readonly from: number; readonly count: number } {
  const [from = 1, count = 1] = process.argv.slice(2).map(Number)
  return { from, count }
}
