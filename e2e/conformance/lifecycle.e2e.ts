/** Lives of agents and executors as Apache Mesos 1.12 told them, against ours; the agent is killed and paused. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { MesosPair } from '../harness/mesos-pair.ts'
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

test('the lives of agents, tasks and executors are told as Apache Mesos 1.12 tells them', async () => {
  const pings = ['--agent_ping_timeout=1secs', '--max_agent_ping_timeouts=2']
  const pair = await MesosPair.start({ masterFlags: [...pings, '--hostname=localhost', '--registry=in_memory'] })
  const control = controlServer(pair)
  try {
    control.listen(0, '127.0.0.1')
    await once(control, 'listening')
    const out = `${pair.workDir}/ours.json`
    await record({
      master: pair.master.url,
      agent: pair.agent.url,
      out,
      more: [
        '--scenarios',
        scenariosFile('scenarios-lifecycle.mjs'),
        '--agent-ctl',
        new URL('./agent-control.mjs', import.meta.url).pathname,
      ],
      env: { AGENT_CONTROL_URL: `http://127.0.0.1:${(control.address() as AddressInfo).port}` },
    })
    assertEqualEnough('mesos-1.12-lifecycle.json', out, [
      'custom executor',
      'agent restart, checkpointing',
      'unreachable and back',
    ])
  } finally {
    control.close()
    await pair.remove()
  }
})
