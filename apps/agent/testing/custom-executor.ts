/** A v1 executor in plain Node: RUNNING on LAUNCH, echoes messages, FINISHED on "finish", KILLED on KILL. */
import { randomBytes } from 'node:crypto'

type Event = {
  type: string
  launch?: { task: { task_id: { value: string } } }
  kill?: { task_id: { value: string } }
  message?: { data: string }
}

const { env } = process
const url = `http://${env['MESOS_AGENT_ENDPOINT'] ?? ''}/api/v1/executor`
const token = env['MESOS_EXECUTOR_AUTHENTICATION_TOKEN']
const headers = {
  'content-type': 'application/json',
  accept: 'application/json',
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
}
const ids = { executor_id: { value: env['MESOS_EXECUTOR_ID'] }, framework_id: { value: env['MESOS_FRAMEWORK_ID'] } }
const tasks: { value: string }[] = []

async function call(body: object): Promise<Response> {
  return await fetch(url, { method: 'POST', headers, body: JSON.stringify({ ...ids, ...body }) })
}

async function update(taskId: { value: string }, state: string): Promise<void> {
  const uuid = randomBytes(16).toString('base64')
  const status = { task_id: taskId, state, source: 'SOURCE_EXECUTOR', uuid, timestamp: Date.now() / 1000 }
  await call({ type: 'UPDATE', update: { status } })
}

async function onEvent(event: Event): Promise<void> {
  if (event.launch !== undefined) {
    tasks.push(event.launch.task.task_id)
    await update(event.launch.task.task_id, 'TASK_RUNNING')
  } else if (event.kill !== undefined) await update(event.kill.task_id, 'TASK_KILLED')
  else if (event.message !== undefined) {
    await call({ type: 'MESSAGE', message: { data: event.message.data } })
    if (Buffer.from(event.message.data, 'base64').toString() !== 'finish') return
    for (const task of tasks.splice(0)) await update(task, 'TASK_FINISHED')
  } else if (event.type === 'SHUTDOWN') process.exit(0)
}

async function listen(isFirst: boolean): Promise<void> {
  const response = await call({ type: 'SUBSCRIBE', subscribe: isFirst ? {} : { unacknowledged_tasks: [] } })
  let text = Buffer.alloc(0)
  for await (const chunk of response.body ?? []) {
    text = Buffer.concat([text, chunk])
    for (;;) {
      const newline = text.indexOf('\n')
      const length = Number(text.subarray(0, newline))
      if (newline < 0 || text.length < newline + 1 + length) break
      // Our own agent speaks here; the test sees when it does not.
      await onEvent(JSON.parse(text.subarray(newline + 1, newline + 1 + length).toString()) as Event)
      text = text.subarray(newline + 1 + length)
    }
  }
}

for (let isFirst = true; ; isFirst = false) {
  await listen(isFirst).catch(() => undefined)
  await new Promise((resolve) => setTimeout(resolve, 100))
}
