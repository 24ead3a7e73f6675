import { parseJob } from '@thermosphere/chronos-core'
import type { Notification } from '@thermosphere/chronos-core'
import { Background, createLogger, createMetrics } from '@thermosphere/service-kit'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { eventually, testConfig } from '../../test-kit/server.ts'
import { Notifier } from './notifier.ts'
import type { Channels } from './notifier.ts'

type Post = { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: Record<string, unknown> }

async function listenAt(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function httpSink(status = 200) {
  const posts: Post[] = []
  const server = createHttpServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      posts.push({
        url: request.url ?? '',
        headers: request.headers,
        body: JSON.parse(text) as Record<string, unknown>,
      })
      response.writeHead(status).end()
    })
  })
  return { posts, port: await listenAt(server), close: () => server.close() }
}

/** Takes every mail; `mails` has the envelope and the text of each. */
async function smtpSink() {
  const mails: string[] = []
  const server = createServer((socket) => {
    let mail = ''
    let isData = false
    socket.on('error', () => undefined)
    socket.write('220-sink\r\n220 ready\r\n')
    createInterface({ input: socket }).on('line', (line) => {
      mail += `${line}\n`
      if (isData && line !== '.') return
      if (line === '.') {
        isData = false
        mails.push(mail)
      }
      if (line === 'DATA') isData = true
      socket.write(line === 'DATA' ? '354 go on\r\n' : line.startsWith('AUTH') ? '235 welcome\r\n' : '250 fine\r\n')
    })
  })
  return { mails, port: await listenAt(server), close: () => server.close() }
}

const document = {
  name: 'daily',
  command: 'date',
  schedule: 'R//P1D',
  owner: 'ann@example.org, bob@example.org',
  errorCount: 3,
  uris: ['http://h/a', 'http://h/b'],
}

function notification(about: Notification['about'], more: object = {}): Notification {
  const parsed = parseJob({ ...document, ...more }, { now: Date.now(), defaults: testConfig.defaults })
  assert.ok(parsed.ok)
  return { about, job: parsed.job, message: about === 'deleted' ? '' : 'attempt 3 of 3 failed.' }
}

function notifierOf(channels: Channels) {
  const metrics = createMetrics({ processMetrics: false })
  const background = new Background((_name, error) => assert.fail(String(error)))
  const logger = createLogger({ name: 'test', level: 'fatal' })
  const notifier = new Notifier({ channels, clusterName: 'prod', logger, metrics, background })
  return { notifier, metrics, background }
}

test('[chronos 77] each owner gets a mail, with login and a subject that cannot carry headers', async () => {
  const sink = await smtpSink()
  const login = { user: 'u', password: 'p' }
  const server = { host: '127.0.0.1', port: sink.port, isTls: false, login }
  const { notifier, background } = notifierOf({ mail: { server, from: 'chronos@h' }, chatUrls: [] })
  notifier.notify(notification('failed'))
  await background.settled()
  assert.equal(sink.mails.length, 2)
  const mail = sink.mails.find((text) => text.includes('RCPT TO:<ann@example.org>')) ?? ''
  assert.match(mail, /^EHLO chronos\nAUTH PLAIN AHUAcA==\nMAIL FROM:<chronos@h>\n/)
  assert.match(mail, /\nSubject: \[prod\] \[Chronos\] job 'daily' failed!\n/)
  assert.match(mail, new RegExp(`\n${Buffer.from('attempt 3 of 3 failed.').toString('base64')}\n`))
  notifier.notify(notification('failed', { owner: 'eve@x\r\nBcc: all@x' }))
  await background.settled()
  assert.equal(/\nBcc:/.test(sink.mails.at(-1) ?? ''), false)
  notifier.notify(notification('failed', { owner: '' }))
  await background.settled()
  assert.equal(sink.mails.length, 3)
  sink.close()
})

test('[chronos 78] [chronos 79] [chronos 80] chat, HTTP and Sentry get what the original sends', async () => {
  const sink = await httpSink()
  const base = `127.0.0.1:${sink.port}`
  const { notifier, background, metrics } = notifierOf({
    chatUrls: [`http://${base}/slack`],
    http: { url: `http://${base}/hook`, credentials: 'user:pass' },
    ravenDsn: `http://public:secret@${base}/7`,
  })
  notifier.notify(notification('disabled'))
  await background.settled()
  const to = (url: string): Post => sink.posts.find((post) => post.url === url) ?? assert.fail(`nothing came to ${url}`)
  const subject = "[prod] [Chronos] job 'daily' disabled"
  assert.deepEqual(to('/slack').body, { text: `${subject}: attempt 3 of 3 failed.` })
  const hook = to('/hook')
  assert.equal(hook.headers.authorization, 'Basic dXNlcjpwYXNz')
  const expected = [
    ...['subject', 'message', 'to', 'job', 'command', 'cpus', 'softError', 'errorCount', 'errorsSinceLastSuccess'],
    ...['executor', 'executorFlags', 'lastError', 'lastSuccess', 'mem', 'retries', 'successCount', 'uris'],
  ]
  assert.deepEqual(Object.keys(hook.body).sort(), expected.sort())
  assert.ok(Object.values(hook.body).every((value) => typeof value === 'string'))
  assert.deepEqual([hook.body['errorCount'], hook.body['uris']], ['3', 'http://h/a,http://h/b'])
  const raven = to('/api/7/store/')
  assert.match(String(raven.headers['x-sentry-auth']), /sentry_key=public, sentry_secret=secret/)
  assert.deepEqual(raven.body['tags'], { owner: document.owner, job: 'daily', command: 'date' })
  assert.equal(metrics.snapshot()['notifications.sent'], 3)

  notifier.notify(notification('deleted'))
  await background.settled()
  assert.equal(
    sink.posts.filter(({ url }) => url === '/slack').at(-1)?.body['text'],
    "[prod] [Chronos] Your job 'daily' was deleted!",
  )
  sink.close()
})

test('a channel that is down or refuses is counted and stops nothing', async () => {
  const sink = await httpSink(500)
  const { notifier, metrics } = notifierOf({
    mail: { server: { host: '127.0.0.1', port: 1, isTls: false }, from: 'a@b' },
    chatUrls: [`http://127.0.0.1:${sink.port}/`],
  })
  notifier.notify(notification('failed'))
  await eventually(() => metrics.snapshot()['notifications.failed'] === 3)
  sink.close()
})
