/** Lives of agents and executors as Apache Mesos 1.12 told them, against ours; the agent is killed and paused. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { MesosPair } from '../harness/mesos-pair.ts'
import { encodings, openDoors } from './encodings.ts'
import { assertEqualEnough, record, scenariosFile } from './observations.ts'

/** What the recorder may ask of the agent. */
function controlServer(pair: MesosPair): Server {
  const actions: Record<string, () => unknown> = {
    '/kill': () => pair.agent.end('SIGKILL'),
    '/start': () => pair.agent.start(),
    '/pause': () => pair.agent.signal('SIGSTOP'),
    '/resume': () => pair.agent.signal('SIGCONT'),
  }
  return createServer((request, response) => {
    void Promise.resolve(actions[request.url ?? '']?.()).then(() => response.end())
  })
}

for (const encoding of encodings) {
  test(`the lives of agents, tasks and executors are told as by Apache Mesos 1.12, in ${encoding}`, async () => {
    const pings = ['--agent_ping_timeout=1secs', '--max_agent_ping_timeouts=2']
    const pair = await MesosPair.start({ masterFlags: [...pings, '--hostname=localhost', '--registry=in_memory'] })
    const control = controlServer(pair)
    const doors = await openDoors(encoding, { master: pair.master.url, agent: pair.agent.url })
    try {
      control.listen(0, '127.0.0.1')
      await once(control, 'listening')
      const out = `${pair.workDir}/ours.json`
      await record({
        master: doors.master,
        agent: doors.agent,
        out,
        more: [
          '--scenarios',
          scenariosFile('scenarios-lifecycle.mjs'),
          '--agent-ctl',
          new URL('./agent-control.mjs', import.meta.url).pathname,
        ],
        env: { AGENT_CONTROL_URL: `http://127.0.0.1:${(control.address() as AddressInfo).port}` },
      })
      const mustEqual = ['custom executor', 'agent restart, checkpointing', 'unreachable and back']
      assertEqualEnough('mesos-1.12-lifecycle.json', out, { mustEqual, encoding })
      if (encoding === 'protobuf')
        for (const type of ['SUBSCRIBE', 'ACCEPT', 'UPDATE_MAINTENANCE_SCHEDULE'])
          assert.ok(doors.spoken().includes(type), type)
    } finally {
      doors.close()
      control.close()
      await pair.remove()
    }
  })
}
