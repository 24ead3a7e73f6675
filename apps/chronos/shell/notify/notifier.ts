/** Tells owners what became of their jobs, over every channel that is configured. It never holds up scheduling. */
import { errorMessage } from '@thermosphere/effects'
import type { Notification } from '@thermosphere/chronos-core'
import type { Background, Logger, Metrics } from '@thermosphere/service-kit'
import { notificationsPendingMax, notificationTimeoutMs } from '../../limits.ts'
import { lineOf, messageOf, stringDocument } from './message.ts'
import type { Message } from './message.ts'
import { sendMail } from './smtp.ts'
import type { MailServer } from './smtp.ts'

export type Channels = {
  readonly mail?: { readonly server: MailServer; readonly from: string } | undefined
  /** Webhooks of Slack and Mattermost. */
  readonly chatUrls: readonly string[]
  readonly http?: { readonly url: string; readonly credentials: string | undefined } | undefined
  readonly ravenDsn?: string | undefined
}

export type NotifierOptions = {
  readonly channels: Channels
  readonly clusterName?: string | undefined
  readonly logger: Logger
  readonly metrics: Metrics
  readonly background: Background
}

type Delivery = { readonly channel: string; readonly send: (signal: AbortSignal) => Promise<void> }

export class Notifier {
  readonly #options: NotifierOptions
  #pending = 0

  constructor(options: NotifierOptions) {
    this.#options = options
  }

  notify(notification: Notification): void {
    const message = messageOf(notification, this.#options.clusterName)
    for (const delivery of deliveries(this.#options.channels, message)) {
      const { name } = notification.job
      if (this.#pending < notificationsPendingMax) {
        this.#options.background.run('notification', this.#deliver(delivery, name))
      } else this.#failed(delivery, { job: name, reason: `${notificationsPendingMax} messages wait already` })
    }
  }

  async #deliver(delivery: Delivery, job: string): Promise<void> {
    this.#pending++
    try {
      await delivery.send(AbortSignal.timeout(notificationTimeoutMs))
      this.#options.metrics.counter('notifications.sent').increment()
    } catch (error) {
      // Nobody waits for it: a channel that is down must not stop anything.
      this.#failed(delivery, { job, reason: errorMessage(error) })
    } finally {
      this.#pending--
    }
  }

  #failed({ channel }: Delivery, fields: { readonly job: string; readonly reason: string }): void {
    this.#options.metrics.counter('notifications.failed').increment()
    this.#options.logger.warn({ channel, ...fields }, 'notification.failed')
  }
}

function deliveries({ mail, chatUrls, http, ravenDsn }: Channels, message: Message): Delivery[] {
  const { subject, body, owners } = message
  const mails = (mail === undefined ? [] : owners).map((to): Delivery => ({
    channel: 'mail',
    send: async (signal) => {
      if (mail !== undefined) await sendMail(mail.server, { from: mail.from, to, subject, text: body }, signal)
    },
  }))
  const chats = chatUrls.map((url): Delivery => ({
    channel: 'chat',
    send: (signal) => post({ url, body: { text: lineOf(message) }, signal }),
  }))
  const result = [...mails, ...chats]
  if (http !== undefined) {
    const headers = http.credentials === undefined ? {} : { Authorization: basic(http.credentials) }
    const { url } = http
    result.push({
      channel: 'http',
      send: (signal) => post({ url, headers, body: stringDocument(message), signal }),
    })
  }
  if (ravenDsn !== undefined)
    result.push({ channel: 'raven', send: (signal) => sendToRaven(ravenDsn, message, signal) })
  return result
}

const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString('base64')}`

type Post = {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: object
  readonly signal: AbortSignal
}

async function post({ url, headers, body, signal }: Post): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal,
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`it answered ${response.status}`)
}

/** An event for Sentry; the DSN is `https://<public>:<secret>@<host>/<project>`. */
async function sendToRaven(dsn: string, message: Message, signal: AbortSignal): Promise<void> {
  const { protocol, host, pathname, username, password } = new URL(dsn)
  const project = pathname.split('/').at(-1) ?? ''
  const path = pathname.slice(0, pathname.length - project.length)
  const secret = password === '' ? '' : `, sentry_secret=${password}`
  const auth = `Sentry sentry_version=7, sentry_client=chronos/3, sentry_key=${username}${secret}`
  const { name, owner, command } = message.job
  const body = { level: 'error', message: lineOf(message), logger: 'chronos', tags: { owner, job: name, command } }
  const url = `${protocol}//${host}${path}api/${project}/store/`
  await post({ url, headers: { 'X-Sentry-Auth': auth }, body, signal })
}
