/** An executor whose tasks do what their data says: `wait` for their end, `fail`, `sleep MS`, or `echo` a message. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Executor } from '../index.ts'

const messages: ((text: string) => void)[] = []

const executor = new Executor({
  endsWhenIdle: true,
  onMessage: (data) => messages.shift()?.(Buffer.from(data).toString()),
  async launch(task) {
    const [what, argument] = Buffer.from(task.info.data ?? [])
      .toString()
      .split(' ')
    task.running({ data: Buffer.from(String(process.pid)) })
    if (what === 'fail') throw new Error('as it was told')
    if (what === 'sleep') await sleep(Number(argument))
    if (what === 'wait') {
      await new Promise((resolve) => task.signal.addEventListener('abort', resolve))
      return { message: String(task.signal.reason) }
    }
    if (what === 'echo') {
      const text = await new Promise<string>((resolve) => messages.push(resolve))
      await executor.send(Buffer.from(`heard ${text}`))
    }
    return { data: Buffer.from('done') }
  },
})
await executor.run()
