/** `npm run compatibility`: writes docs/compatibility.md. */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { featureTags, readAreas, readKnownDifferences } from './features.ts'
import { compatibilityPage, countsOf } from './page.ts'
import { findProofs } from './proofs.ts'
import type { Source } from './proofs.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
export const pagePath = `${root}docs/compatibility.md`

/** Every test of the project. The tests of this folder speak of tags and prove no feature. */
function testSources(): Source[] {
  const paths = globSync('{apps,libs,e2e,examples,tools}/**/*.{test.ts,test.tsx,e2e.ts}', {
    cwd: root,
    exclude: (path) => path.includes('node_modules') || path.includes('dist') || path === 'tools/compatibility',
  })
  return paths.sort().map((path) => ({ path, text: readFileSync(root + path, 'utf8') }))
}

/** What the page must say now, and what is wrong with tags and data. */
export function readCompatibility(): { page: string; complaints: readonly string[]; summary: readonly string[] } {
  const areas = readAreas()
  const features = featureTags(areas)
  const names = areas.map(({ name }) => name)
  const { proofs, complaints } = findProofs(testSources(), names, features)
  const differences = readKnownDifferences()
  const strange = differences
    .flatMap((difference) => difference.features)
    .filter((feature) => !features.has(feature))
    .map((feature) => `known-differences.json: ${feature} is no feature`)
  return {
    page: compatibilityPage(areas, proofs, differences),
    complaints: [...complaints, ...strange],
    summary: areas.map((area) => countsOf(area, proofs)),
  }
}

if (import.meta.main) {
  const { page, complaints, summary } = readCompatibility()
  if (complaints.length > 0) {
    process.stderr.write(`${complaints.join('\n')}\n`)
    process.exit(1)
  }
  writeFileSync(pagePath, page)
  process.stdout.write(`${summary.join('\n')}\n`)
}
