import { sendJson, sendText } from '../answers.ts'
import type { Exchange, Handler } from '../answers.ts'
import type { MasterContext } from '../context.ts'
import { guarded } from '../login/sight-of.ts'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { FileError } from './virtual-files.ts'
import type { FileEntry, VirtualFiles } from './virtual-files.ts'

const noPath = "Expecting 'path=value' in query.\n"

/** A handler whose file errors are answers. */
const withPath =
  (handler: (exchange: Exchange, path: string) => Promise<void>): Handler =>
  async (exchange) => {
    const path = exchange.query.get('path')
    if (path === null || path === '') return sendText(exchange.response, 400, noPath)
    try {
      await handler(exchange, path)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      sendText(exchange.response, error.status, error.message)
    }
  }

/** The only files are the logs of the master. */
export function filesEndpoints(context: Pick<MasterContext, 'files' | 'masterOrBlank'>): Record<string, Handler> {
  const { files } = context
  const browse = withPath(async (exchange, path) =>
    sendJson(exchange, JSON.stringify((await files.list(path)).map(browseEntry))),
  )
  const logs = (handler: Handler): Handler => guarded(context, ['access_mesos_logs'], handler)
  const debug: Handler = (exchange) => sendJson(exchange, JSON.stringify(files.roots()))
  return {
    '/files/browse': logs(browse),
    '/files/read': logs(withPath((exchange, path) => read(files, exchange, path))),
    '/files/download': logs(withPath((exchange, path) => download(files, exchange, path))),
    '/files/debug': guarded(context, ['get_endpoints', '/files/debug'], debug),
  }
}

const permissions = 'rwxrwxrwx'

/** `-rw-r--r--` */
function modeText(mode: number, isDirectory: boolean): string {
  const bits = [...permissions].map((letter, index) => (mode & (1 << (8 - index)) ? letter : '-'))
  return (isDirectory ? 'd' : '-') + bits.join('')
}

const browseEntry = ({ path, stats }: FileEntry): object => ({
  path,
  nlink: stats.nlink,
  size: stats.size,
  mtime: stats.mtimeMs / 1000,
  mode: modeText(stats.mode, stats.isDirectory()),
  uid: String(stats.uid),
  gid: String(stats.gid),
})

/** A number of the query; undefined when it is absent or -1, which means the same. */
function numberOf({ query }: Exchange, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '-1') return undefined
  if (!/^-?\d+$/.test(text))
    throw new FileError(400, `Failed to parse ${name}: Failed to convert '${text}' to number.\n`)
  if (Number(text) < 0) throw new FileError(400, `Negative ${name} provided: ${text}.\n`)
  return Number(text)
}

async function read(files: VirtualFiles, exchange: Exchange, path: string): Promise<void> {
  const offset = numberOf(exchange, 'offset')
  const length = numberOf(exchange, 'length')
  const { size, data } = await files.read(path, offset ?? 0, offset === undefined ? 0 : length)
  sendJson(exchange, JSON.stringify({ data: data.toString('utf8'), offset: offset ?? size }))
}

async function download(files: VirtualFiles, { response }: Exchange, path: string): Promise<void> {
  const real = files.resolve(path)
  const { size } = await stat(real)
  response.writeHead(200, {
    'Content-Type': 'application/octet-stream',
    'Content-Length': size,
    'Content-Disposition': `attachment; filename=${basename(path)}`,
  })
  // A log grows while it is read: no more than was announced.
  if (size === 0) response.end()
  else createReadStream(real, { end: size - 1 }).pipe(response)
}
