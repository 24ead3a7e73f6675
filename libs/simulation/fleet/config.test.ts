import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseFleetFlags } from './config.ts'

const wrong: readonly (readonly [string, RegExp])[] = [
  ['--agents=0', /--agents: must be between 1 and 28000, not "0"/],
  ['--agents=many', /--agents: must be a whole number, not "many"/],
  ['--agent=5', /unknown flag --agent.*--agents/],
  ['--masters=somewhere', /--masters: must be host:port, as in 127\.0\.0\.1:5050, not "somewhere"/],
  ['--masters=h:99999', /--masters: must be host:port/],
  ['--masters=', /--masters: names no master/],
  ['--masters=h:1 --failovers=1', /--failovers: is for a master of its own; leave it or --masters out/],
  ['--masters=h:1 --store=etcd', /--store: is for a master of its own/],
  ['--master-flags=--port=1', /--master-flags: must be name=value, .*not "--port=1"/],
  ['--resources=cpus:x', /--resources: .*x/],
  ['--agents=2 --tasks=2000', /--tasks: 1000 tasks an agent do not fit .*, which has room for 800/],
  ['--fail=meteor:1', /--fail: must be parts of launches:<percent>.*not "meteor:1"/],
  ['--fail=tasks:200%', /--fail: must be .*not "tasks:200%"/],
  ['--fail=crashes:0/1mins', /--fail: must be .*not "crashes:0\/1mins"/],
  ['--task-seconds=soon', /--task-seconds: must be a number, not "soon"/],
  ['--hold=5', /--hold: must be a number and one of .*not "5"/],
]

for (const [line, message] of wrong)
  test(`${line} is answered with what is right`, () => {
    assert.throws(() => parseFleetFlags(line.split(' ')), { name: 'StartupError', message })
  })

test('failures are shares and rates', () => {
  const { failures } = parseFleetFlags(['--fail=launches:0.5%,tasks:1%,crashes:10/1mins,cuts:2/1secs,down:3secs'])
  assert.deepEqual(failures, {
    launches: 0.005,
    tasks: 0.01,
    crashes: { count: 10, perMs: 60_000 },
    cuts: { count: 2, perMs: 1_000 },
    downMs: 3_000,
  })
})

test('masters may be several', () => {
  assert.deepEqual(parseFleetFlags(['--master', 'a:5050,[::1]:5051']).masters, ['a:5050', '[::1]:5051'])
})
