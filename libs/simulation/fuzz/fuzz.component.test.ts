import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFuzzFlags } from './config.ts'
import { attackEndpoint, complaint, wantedEndpoints } from './run-fuzz.ts'
import { Target } from './target.ts'

test('malformed calls are refused, and a master and an agent stay as they were', async (t) => {
  const config = parseFuzzFlags(['--calls=300', '--seed=7'])
  const target = await Target.create()
  t.after(() => target.close())
  await target.start()
  for (const name of wantedEndpoints(config)) {
    const report = await attackEndpoint(target, name, config)
    assert.deepEqual(report.defects, [], name)
    assert.equal(report.calls, 300)
    assert.equal(report.state.after, report.state.before)
    assert.ok((report.statuses['400'] ?? 0) > 50, `${name}: ${JSON.stringify(report.statuses)}`)
  }
})

test('an answer that a request does not deserve is a defect', () => {
  const attack = { mutation: '', method: 'POST', path: '/', headers: {}, body: new Uint8Array() }
  const refused = { ...attack, verdict: 'refused' } as const
  const open = { ...attack, verdict: 'open' } as const
  assert.equal(complaint(refused, 400), undefined)
  assert.equal(complaint(open, 202), undefined)
  assert.equal(complaint(open, 501), undefined)
  assert.equal(complaint(open, 500), 'the answer is 500')
  assert.equal(complaint(refused, 501), 'the answer is 501')
  assert.equal(complaint(refused, 202), 'the answer is 202 though it is no call')
  assert.equal(complaint(open, 0), 'there was no answer')
  assert.equal(complaint({ ...refused, raw: new Uint8Array() }, 0), undefined)
})
