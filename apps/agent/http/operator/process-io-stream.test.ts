import type { ContainerIo } from '@thermosphere/isolation'
import { createHttpApp, createLogger } from '@thermosphere/service-kit'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { LIMITS } from '../../limits.ts'
import { Attachment } from '../../shell/operators/attachment.ts'
import type { OutputListener } from '../../shell/operators/attachment.ts'
import { streamOutput } from './process-io-stream.ts'

/** Says more at once than a connection holds, and then nothing more. */
class Eloquent extends Attachment {
  constructor() {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
    const io: ContainerIo = {
      stdin,
      stdout,
      stderr,
      output: 'agent',
      hasTerminal: false,
      resize: async () => undefined,
    }
    super(io, () => undefined)
  }
  override listen(listener: OutputListener): void {
    listener.write('STDOUT', Buffer.alloc(20_000_000))
    listener.end()
  }
}

test('nothing is sent after the end of the output, however slowly it is read', { timeout: 20_000 }, async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] })
  const errors: unknown[] = []
  const app = createHttpApp({ logger: createLogger({ name: 'test', level: 'fatal' }) })
  app.get('/', (_request, response) => {
    response.on('error', (error) => errors.push(error))
    streamOutput(new Eloquent(), { response, media: { isStream: true, message: 'application/json' } })
  })
  const server = createServer(app)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.end('GET / HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n\r\n')
  await once(socket, 'readable')
  context.mock.timers.tick(LIMITS.sessionHeartbeatMs)
  await once(socket.resume(), 'close')
  server.close()
  assert.deepEqual(errors, [])
})
