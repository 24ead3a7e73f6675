/** Calls a second of one scheduler client over its single connection. Run `node libs/protocol/node/throughput.bench.ts`. */
import { eventually, startFakeServer } from './testing/fake-server.ts'
import { SchedulerClient } from './scheduler-client.ts'

const CALLS = 5000

for (const contentType of ['application/json', 'application/x-protobuf'] as const) {
  const master = await startFakeServer({
    callName: 'mesos.v1.scheduler.Call',
    eventName: 'mesos.v1.scheduler.Event',
    onSubscribe: (subscription) =>
      subscription.send({ type: 'SUBSCRIBED', subscribed: { framework_id: { value: 'f' } } }),
  })
  const client = new SchedulerClient({
    masters: [master.address],
    frameworkInfo: () => ({ user: 'root', name: 'bench' }),
    contentType,
    onEvent: () => undefined,
    onFatal: (message) => console.error(message),
  })
  client.start()
  await eventually('connected', () => client.isConnected())
  const start = performance.now()
  const calls = Array.from({ length: CALLS }, (_, index) =>
    client.call({ type: 'KILL', kill: { task_id: { value: `task-${index}` } } }),
  )
  await Promise.all(calls)
  const seconds = (performance.now() - start) / 1000
  console.log(`${contentType.padEnd(24)} ${Math.round(CALLS / seconds)} calls/s`)
  await client.close()
  await master.close()
}
