import assert from 'node:assert/strict'
import { lookupService } from 'node:dns/promises'
import { isIP } from 'node:net'
import { hostname as systemHostname } from 'node:os'
import { suite, test } from 'node:test'
import { listeningIp, reachOf, reachProblems } from './reach.ts'
import type { ReachConfig } from './reach.ts'

const config = (more: Partial<ReachConfig> = {}): ReachConfig => ({
  ip: '127.0.0.1',
  hostname: undefined,
  ip_discovery_command: undefined,
  advertise_ip: undefined,
  advertise_port: undefined,
  hostname_lookup: false,
  ...more,
})

suite('[mesos 225] the address of a server', () => {
  const listening = { ip: '10.0.0.1', port: 5050, ofAny: '10.9.9.9' }
  const table: [string, Partial<ReachConfig>, object, object][] = [
    ['the one listened on is told', {}, {}, { ip: '10.0.0.1', port: 5050, hostname: '10.0.0.1' }],
    [
      'of all that are listened on a reachable one is told',
      {},
      { ip: '0.0.0.0' },
      { ip: '10.9.9.9', port: 5050, hostname: systemHostname() },
    ],
    ['a host name is told', { hostname: 'h' }, {}, { ip: '10.0.0.1', port: 5050, hostname: 'h' }],
    [
      'another address and port are told',
      { advertise_ip: '192.0.2.1', advertise_port: 80 },
      { ip: '0.0.0.0' },
      { ip: '192.0.2.1', port: 80, hostname: '192.0.2.1' },
    ],
    [
      'a host name goes with them',
      { advertise_ip: '192.0.2.1', hostname: 'h' },
      {},
      {
        ip: '192.0.2.1',
        port: 5050,
        hostname: 'h',
      },
    ],
    [
      'and not if there is one',
      { hostname_lookup: true, hostname: 'h' },
      { ip: '127.0.0.1' },
      { ip: '127.0.0.1', port: 5050, hostname: 'h' },
    ],
  ]
  for (const [what, flags, where, told] of table) {
    test(what, async () => {
      assert.deepEqual(await reachOf(config(flags), { ...listening, ...where }), told)
    })
  }

  test('the name service is asked for the name', async () => {
    const told = await reachOf(config({ hostname_lookup: true }), { ...listening, ip: '127.0.0.1' })
    assert.equal(told.hostname, (await lookupService('127.0.0.1', 5050)).hostname)
    assert.equal(isIP(told.hostname), 0)
  })

  test('a command finds the address to listen on', async () => {
    assert.equal(await listeningIp(config({ ip_discovery_command: 'echo 127.0.0.2' })), '127.0.0.2')
    assert.equal(await listeningIp(config()), '127.0.0.1')
  })

  test('a command that fails or prints something else stops the start, with its words', async () => {
    await assert.rejects(listeningIp(config({ ip_discovery_command: 'exit 3' })), /--ip_discovery_command: .*exit 3/)
    await assert.rejects(
      listeningIp(config({ ip_discovery_command: 'echo eth0' })),
      /--ip_discovery_command: printed "eth0", which is no IP address/,
    )
  })

  test('flags that contradict each other are told', () => {
    assert.deepEqual(reachProblems(config({ ip: '10.0.0.1', ip_discovery_command: 'x' })), [
      '--ip_discovery_command: --ip says where to listen; leave one of them out',
    ])
    assert.deepEqual(reachProblems(config({ advertise_ip: 'me' })), [
      '--advertise_ip: must be an IPv4 or IPv6 address, not "me"',
    ])
    assert.deepEqual(reachProblems(config({ advertise_ip: '::1' })), [])
  })
})
