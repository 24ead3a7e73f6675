import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '@thermosphere/effects'
import { decodeJson, decodeProtobuf } from '../codec.ts'
import { WireError } from '../wire-error.ts'
import { malformedJson, malformedProtobuf, pick, randomMessage } from './index.ts'

const names = [
  'mesos.v1.scheduler.Call',
  'mesos.v1.executor.Call',
  'mesos.v1.master.Call',
  'mesos.v1.agent.Call',
] as const
const rounds = 1_000

for (const [encoding, malform, decode] of [
  ['JSON', malformedJson, decodeJson],
  ['protobuf', malformedProtobuf, decodeProtobuf],
] as const) {
  test(`no codec takes ${encoding} that is certainly malformed, and none fails but by a WireError`, () => {
    const random = createRandom(1)
    let refusedCount = 0
    for (let round = 0; round < rounds; round++) {
      const name = pick(random, names)
      const { mutation, verdict, body } = malform(name, randomMessage(name, random), random)
      const hex = Buffer.from(body.subarray(0, 300)).toString(encoding === 'JSON' ? 'utf8' : 'hex')
      const refusal = refusalOf(() => decode(name, body))
      if (refusal !== undefined) assert.ok(refusal instanceof WireError, `${mutation}: ${String(refusal)}: ${hex}`)
      if (verdict === 'refused') assert.ok(refusal !== undefined, `round ${round}, ${name}, ${mutation}: ${hex}`)
      if (refusal !== undefined) refusedCount++
    }
    assert.ok(refusedCount > rounds / 4 && refusedCount < rounds, `${refusedCount} of ${rounds} were refused`)
  })
}

function refusalOf(decode: () => unknown): unknown {
  try {
    decode()
    return undefined
  } catch (error) {
    return error
  }
}
