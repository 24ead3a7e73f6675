import { eventually } from '@thermosphere/test-kit'
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { FakeAgent, looseJson, runMaster } from './testing/running-master.ts'

test('[mesos 196] [mesos 199] what the registry has survives the process', async () => {
  const workDir = await mkdtemp(join(tmpdir(), 'master-'))
  const flags = ['--registry=replicated_log', `--work_dir=${workDir}`]
  const call = (url: string, body: object): Promise<Response> =>
    fetch(`${url}/api/v1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  try {
    const first = await runMaster(...flags)
    const agent = new FakeAgent(first.port)
    const id = await agent.register()
    const quota = { role: 'a', limits: { cpus: { value: 2 } } }
    const window = { machine_ids: [{ hostname: 'h9' }], unavailability: { start: { nanoseconds: 5 } } }
    assert.equal(
      (await call(first.url, { type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'w', weight: 3 }] } }))
        .status,
      200,
    )
    assert.equal(
      (await call(first.url, { type: 'UPDATE_QUOTA', update_quota: { quota_configs: [quota] } })).status,
      200,
    )
    assert.equal(
      (
        await call(first.url, {
          type: 'UPDATE_MAINTENANCE_SCHEDULE',
          update_maintenance_schedule: { schedule: { windows: [window] } },
        })
      ).status,
      200,
    )
    assert.equal(
      (await call(first.url, { type: 'DEACTIVATE_AGENT', deactivate_agent: { agent_id: { value: id } } })).status,
      200,
    )
    agent.close()
    await first.close()

    const second = await runMaster(...flags)
    const state = await looseJson(fetch(`${second.url}/state`))
    assert.equal(state.recovered_slaves?.[0]?.id, id)
    assert.deepEqual(await (await fetch(`${second.url}/weights`)).json(), [{ role: 'w', weight: 3 }])
    assert.equal((await looseJson(fetch(`${second.url}/quota`))).configs?.[0]?.limits?.cpus?.value, 2)
    assert.equal(
      (await looseJson(fetch(`${second.url}/maintenance/status`))).draining_machines?.[0]?.id?.hostname,
      'h9',
    )
    const back = new FakeAgent(second.port)
    back.say({
      type: 'REREGISTER',
      reregister: { agent_info: { hostname: 'localhost', port: 5051, id: { value: id } }, version: '1.12.0' },
    })
    await eventually('REREGISTERED', () => back.received.find((message) => message.reregistered))
    const { slaves } = await looseJson(fetch(`${second.url}/slaves`))
    assert.deepEqual([slaves?.[0]?.id, slaves?.[0]?.deactivated], [id, true])
    back.close()
    await second.close()
  } finally {
    await rm(workDir, { recursive: true })
  }
})
