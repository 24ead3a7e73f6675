import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { pagePath, readCompatibility } from './compatibility.ts'
import { featureTags, featuresOf, readAreas, readKnownDifferences } from './features.ts'
import { compatibilityPage } from './page.ts'
import { findProofs } from './proofs.ts'

const features = new Set(['mesos 1', 'mesos 2', 'chronos E1'])
const find = (text: string) => findProofs([{ path: 'x.test.ts', text }], ['mesos', 'chronos'], features)

suite('the page of compatibility', () => {
  const { page, complaints } = readCompatibility()

  test('every tag in a title of a test names a feature', () => {
    assert.deepEqual(complaints, [])
  })

  test('docs/compatibility.md is what the tests say now', () => {
    const stale = 'docs/compatibility.md is not what the tests say now; run `npm run compatibility` and commit it'
    assert.ok(readFileSync(pagePath, 'utf8') === page, stale)
  })

  test('a test is linked at each of its features, a feature without tests has a dash, a difference its reason', () => {
    const area = {
      name: 'mesos',
      title: 'Mesos',
      sections: [{ title: 'Agents', features: [['1', 'One', 'must'] as const, ['2', 'Two|2', 'should'] as const] }],
    }
    const text = compatibilityPage(
      [area],
      [
        { feature: 'mesos 1', title: 'it <is>', path: 'b.test.ts' },
        { feature: 'mesos 1', title: 'it was', path: 'a.test.ts' },
        { feature: 'mesos 1', title: 'it was', path: 'a.test.ts' },
      ],
      [{ features: ['mesos 2'], difference: 'less', reason: 'enough' }],
    )
    assert.match(text, /\| One \| must \| \[it was\]\(\.\.\/a\.test\.ts\)<br>\[it &lt;is>\]\(\.\.\/b\.test\.ts\) \|/)
    assert.match(text, /<a id="mesos-2"><\/a>2 \| Two\\\|2 \| should \| — \|/)
    assert.match(text, /\| \[mesos 2\]\(#mesos-2\) \| less \| enough \|/)
  })
})

suite('a tag', () => {
  const proof = (feature: string, title: string) => ({ feature, title, path: 'x.test.ts' })

  test('stands in a title, in a table of cases or in a template, and is not part of the sentence', () => {
    const text = `
      test('[mesos 1] [mesos 2] one, [chronos E1] and two', f)
      const cases = [["[mesos 1] a case", 1]]
      for (const c of cases) test(\`[mesos 2] \${c} is refused\`, f)
      // [mesos 9] in a comment, and a list [x 1] elsewhere, are none
      const list = '[x 1] other'`
    assert.deepEqual(find(text), {
      proofs: [
        proof('mesos 1', 'one, and two'),
        proof('mesos 2', 'one, and two'),
        proof('chronos E1', 'one, and two'),
        proof('mesos 1', 'a case'),
        proof('mesos 2', '… is refused'),
      ],
      complaints: [],
    })
  })

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['of a feature that is not there', '[mesos 3] x', /^x\.test\.ts:2: \[mesos 3\] names no feature of mesos\.json$/],
    ['of two features', '[mesos 1, 2] x', /is no tag; write one for each feature/],
    ['without a sentence', '[mesos 1]', /stands alone/],
  ]
  for (const [what, title, complaint] of wrong) {
    test(`${what} is refused`, () => {
      const { proofs, complaints } = find(`\ntest('${title}', f)`)
      assert.deepEqual(proofs, [])
      assert.equal(complaints.length, 1)
      assert.match(complaints[0] ?? '', complaint)
    })
  }
})

suite('the data', () => {
  const areas = readAreas()

  test('every feature has a number of its own and one of four priorities', () => {
    const all = areas.flatMap(featuresOf)
    assert.equal(featureTags(areas).size, all.length)
    const priorities = new Set(all.map(([, , priority]) => priority))
    assert.deepEqual([...priorities].sort(), ['could', 'must', 'obsolete', 'should'])
  })

  test('every known difference says why', () => {
    for (const { features: named, difference, reason } of readKnownDifferences()) {
      assert.ok(named.length > 0 && difference !== '' && reason !== '', difference)
    }
  })
})
