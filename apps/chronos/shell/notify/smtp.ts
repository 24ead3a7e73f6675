/** Sends one mail: SMTP with optional TLS and login, one connection a mail. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { connect as connectTls } from 'node:tls'

export type MailServer = {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  readonly login?: { readonly user: string; readonly password: string } | undefined
}

export type Mail = { readonly from: string; readonly to: string; readonly subject: string; readonly text: string }

/** Neither a header nor an address can carry a line break: what follows it would be another header. */
const oneLine = (text: string): string => text.replaceAll(/[\r\n]+/g, ' ')
const address = (text: string): string => oneLine(text).replaceAll(/[<>\s]/g, '')

const encoded = (text: string): string => `=?UTF-8?B?${Buffer.from(oneLine(text)).toString('base64')}?=`
const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

function mailText({ from, to, subject, text }: Mail, now: Date): string {
  const title = oneLine(subject)
  const headers = [
    `From: <${address(from)}>`,
    `To: <${address(to)}>`,
    `Subject: ${isAscii(title) ? title : encoded(title)}`,
    `Date: ${now.toUTCString().replace('GMT', '+0000')}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
  ]
  const body = Buffer.from(text)
    .toString('base64')
    .replaceAll(/(.{76})/g, '$1\r\n')
  return `${headers.join('\r\n')}\r\n\r\n${body}\r\n.`
}

async function open({ host, port, isTls }: MailServer, signal: AbortSignal): Promise<Socket> {
  const socket = isTls ? connectTls({ host, port, servername: host }) : connect({ host, port })
  signal.addEventListener('abort', () => socket.destroy(new Error('the mail server does not answer in time')))
  await once(socket, isTls ? 'secureConnect' : 'connect', { signal })
  return socket
}

const plainLogin = ({ user, password }: NonNullable<MailServer['login']>): string =>
  Buffer.from(`\0${user}\0${password}`).toString('base64')

/** Rejects with what the server said when it refuses. */
export async function sendMail(server: MailServer, mail: Mail, signal: AbortSignal): Promise<void> {
  const socket = await open(server, signal)
  try {
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
    const expect = async (code: string): Promise<void> => {
      for (;;) {
        const { value, done } = (await lines.next()) as IteratorResult<string, undefined>
        if (done === true) throw new Error('the mail server hung up')
        if (!value.startsWith(code)) throw new Error(`the mail server answered ${value}`)
        if (value[3] !== '-') return
      }
    }
    const say = async (line: string, code: string): Promise<void> => {
      socket.write(`${line}\r\n`)
      await expect(code)
    }
    await expect('220')
    await say('EHLO chronos', '250')
    if (server.login !== undefined) await say(`AUTH PLAIN ${plainLogin(server.login)}`, '235')
    await say(`MAIL FROM:<${address(mail.from)}>`, '250')
    await say(`RCPT TO:<${address(mail.to)}>`, '250')
    await say('DATA', '354')
    await say(mailText(mail, new Date()), '250')
    socket.write('QUIT\r\n')
  } finally {
    socket.destroy()
  }
}
