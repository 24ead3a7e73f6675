import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { FakeAgent, runMaster } from './testing/running-master.ts'

test('a master that misses more agents than it may remove stops, and says why in one sentence', async () => {
  const workDir = await mkdtemp(join(tmpdir(), 'master-'))
  const flags = ['--registry=replicated_log', `--work_dir=${workDir}`]
  try {
    const first = await runMaster(...flags)
    const agent = new FakeAgent(first.port)
    await agent.register()
    agent.close()
    await first.close()
    const limits = ['--agent_reregister_timeout=100ms', '--recovery_agent_removal_limit=50%']
    const script = join(import.meta.dirname, 'main.ts')
    const second = spawn(process.execPath, [script, '--port=0', ...flags, ...limits], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 60_000,
    })
    const [said, [status]] = await Promise.all([text(second.stderr), once(second, 'exit')])
    // The rest are the lines of the log.
    const sentences = said.split('\n').filter((line) => line !== '' && !line.startsWith('{'))
    assert.deepEqual(sentences, [
      'master: 1 of 1 agents (100%) did not return after the failover, more than ' +
        '--recovery_agent_removal_limit=50%; look whether the agents reach this master',
    ])
    assert.equal(status, 1)
  } finally {
    await rm(workDir, { recursive: true })
  }
})
