import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEndpointHelp } from './endpoint-help.ts'

const help = createEndpointHelp('master', {
  '/state': 'The state.',
  '/maintenance/schedule': 'The schedule.',
  '/metrics/snapshot': 'All metrics.',
  '/version': 'The version.',
})

test('[mesos 212] help lists endpoints in order, by the part of the process that answers them', () => {
  assert.deepEqual(JSON.parse(help.answer('/help', 'json') ?? ''), {
    processes: [
      {
        id: 'master',
        endpoints: [
          { name: '/maintenance/schedule', text: 'The schedule.' },
          { name: '/state', text: 'The state.' },
        ],
      },
      { id: 'metrics', endpoints: [{ name: '/snapshot', text: 'All metrics.' }] },
      { id: 'version', endpoints: [{ name: '/', text: 'The version.' }] },
    ],
  })
  assert.equal(help.answer('/help/metrics', 'text'), '# metrics\n\n* `/metrics/snapshot`: All metrics.\n')
  assert.equal(help.answer('/help/version', 'text'), '# version\n\n* `/version`: The version.\n')
  const one = '# master\n\n* `/master/maintenance/schedule`: The schedule.\n'
  assert.equal(help.answer('/help/master/maintenance/schedule', 'text'), one)
  assert.equal(help.answer('/help/nobody', 'text'), undefined)
  assert.equal(help.answer('/help/master/nothing', 'json'), undefined)
})
