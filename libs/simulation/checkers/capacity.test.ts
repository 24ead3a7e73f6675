import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkCapacity } from './capacity.ts'
import type { AppVersion, InstanceLife } from './capacity.ts'

const version = (more: Partial<AppVersion> = {}): AppVersion => ({
  app: '/a',
  fromAt: 0,
  instances: 4,
  minimumHealthCapacity: 0.5,
  maximumOverCapacity: 0.25,
  ...more,
})
const life = (id: string, more: Partial<InstanceLife> = {}): InstanceLife => ({
  app: '/a',
  id,
  activeAt: 10,
  healthyAt: 20,
  ...more,
})
const four = (more: (index: number) => Partial<InstanceLife> = () => ({})): InstanceLife[] =>
  [0, 1, 2, 3].map((index) => life(`i${index}`, more(index)))

test('an upgrade that kills down to the minimum and starts up to the maximum is within its bounds', () => {
  const killed = (index: number): Partial<InstanceLife> => (index < 2 ? { killedAt: 100 + index, endedAt: 110 } : {})
  const instances = [...four(killed), life('n0', { activeAt: 90, healthyAt: 200 }), life('n1', { activeAt: 120 })]
  assert.deepEqual(checkCapacity({ versions: [version()], instances }), {
    isValid: true,
    kills: 2,
    starts: 6,
    breaches: [],
  })
})

test('a kill that leaves fewer healthy instances than the minimum is named', () => {
  const killed = (index: number): Partial<InstanceLife> => (index < 3 ? { killedAt: 100 + index } : {})
  assert.deepEqual(checkCapacity({ versions: [version()], instances: four(killed) }).breaches, [
    { app: '/a', instance: 'i2', at: 102, kind: 'below minimum', count: 1, bound: 2 },
  ])
})

test('killing an instance that is not healthy takes nothing from the minimum', () => {
  const versions = [version({ minimumHealthCapacity: 1 })]
  const ill = (index: number): Partial<InstanceLife> => (index === 0 ? { unhealthyAt: 50, killedAt: 100 } : {})
  assert.equal(checkCapacity({ versions, instances: four(ill) }).isValid, true)
})

test('instances that die by themselves are nobody’s breach', () => {
  assert.equal(checkCapacity({ versions: [version()], instances: four(() => ({ endedAt: 50 })) }).isValid, true)
})

test('a start beyond the maximum is named; one that is still ending counts', () => {
  const ending = (index: number): Partial<InstanceLife> => (index === 0 ? { killedAt: 30 } : {})
  const instances = [...four(ending), life('n0', { activeAt: 40 }), life('n1', { activeAt: 41 })]
  assert.deepEqual(checkCapacity({ versions: [version()], instances }).breaches, [
    { app: '/a', instance: 'n1', at: 41, kind: 'above maximum', count: 6, bound: 5 },
  ])
})

test('where minimum and maximum leave no room, one more may run', () => {
  const versions = [version({ minimumHealthCapacity: 1, maximumOverCapacity: 0 })]
  const fifth = [...four(), life('n0', { activeAt: 50 })]
  assert.equal(checkCapacity({ versions, instances: fifth }).isValid, true)
  assert.equal(checkCapacity({ versions, instances: [...fifth, life('n1', { activeAt: 51 })] }).isValid, false)
})

test('while two versions may hold, the wider bounds count', () => {
  const scaled = [version({ untilAt: 100 }), version({ fromAt: 60, instances: 6 })]
  const instances = [...four(), ...[70, 71, 72].map((at) => life(`n${at}`, { activeAt: at }))]
  assert.equal(checkCapacity({ versions: scaled, instances }).isValid, true)
  assert.equal(checkCapacity({ versions: [version()], instances }).breaches.length, 2)
})

test('shares are rounded as the rule says, not as floating point happens to', () => {
  const versions = [version({ instances: 10, minimumHealthCapacity: 0.7, maximumOverCapacity: 0.1 })]
  const ten = Array.from({ length: 11 }, (_, index) => life(`i${index}`))
  const killed = ten.map((one, index) => (index < 4 ? { ...one, killedAt: 100 + index } : one))
  assert.equal(checkCapacity({ versions, instances: killed }).isValid, true)
})

test('apps are judged apart, and one without a version is not', () => {
  const instances = [...four(), ...four().map((one) => ({ ...one, app: '/b', killedAt: 30 }))]
  assert.equal(checkCapacity({ versions: [version()], instances }).isValid, true)
})
