import { HttpError } from '@thermosphere/service-kit'
import express from 'express'
import type { Request, Router } from 'express'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { accessOf, refuseUnlessAllowed } from '../access/admission.ts'
import { queryText, sendJson } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { readableLog, resolveFile } from './file-roots.ts'
import type { FilesContext } from './file-roots.ts'
import { followFile } from './follow.ts'
import { listFiles, modeText } from './list-files.ts'
import { readFilePart } from './read-file.ts'

/** /files/browse, read, download, follow and debug. */
export function fileRoutes(context: HttpContext): Router {
  const router = express.Router()
  const filesOf = (request: Request): FilesContext => ({ ...context, access: accessOf(request) })
  router.get('/files/browse', async (request, response) => {
    const infos = await listFiles(filesOf(request), pathOf(request))
    sendJson(
      request,
      response,
      infos.map(({ path, nlink, size, mtimeMs, mode, uid, gid }) => {
        return { path, nlink, size, mtime: mtimeMs / 1000, mode: modeText(mode), uid, gid }
      }),
    )
  })
  router.get('/files/read', async (request, response) => {
    const path = pathOf(request)
    const offset = numberOf(request, 'offset')
    const length = numberOf(request, 'length')
    const isTail = offset === undefined || offset === -1
    if (!isTail && offset < 0) throw new HttpError(400, `Negative offset provided: ${offset}.\n`)
    if (length !== undefined && length < -1) throw new HttpError(400, `Negative length provided: ${length}.\n`)
    const wanted = isTail ? 0 : length === -1 ? undefined : length
    const part = await readFilePart(filesOf(request), path, { offset: isTail ? 0 : offset, length: wanted })
    sendJson(request, response, { data: part.data.toString('utf8'), offset: isTail ? part.size : offset })
  })
  router.get('/files/download', async (request, response) => {
    const path = await resolveFile(filesOf(request), pathOf(request))
    const info = await stat(path)
    if (!info.isFile()) throw new HttpError(400, 'Cannot download a directory.\n')
    response.setHeader('Content-Type', 'application/octet-stream')
    response.setHeader('Content-Disposition', `attachment; filename=${basename(path).replaceAll(/[^\w.-]/g, '_')}`)
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Content-Length', info.size)
    if (info.size === 0) response.end()
    // A file that grows meanwhile is sent as long as it was promised to be.
    else await pipeline(createReadStream(path, { end: info.size - 1 }), response)
  })
  router.get('/files/follow', async (request, response) => {
    const path = await resolveFile(filesOf(request), pathOf(request))
    if (!(await stat(path)).isFile()) throw new HttpError(400, 'Cannot follow a directory.\n')
    await followFile(path, numberOf(request, 'offset') ?? 0, response)
  })
  router.get('/files/debug', (request, response) => {
    refuseUnlessAllowed(request, '/files/debug')
    sendJson(request, response, attached(context))
  })
  return router
}

function pathOf(request: Request): string {
  const path = queryText(request, 'path')
  if (path === undefined || path === '') throw new HttpError(400, "Expecting 'path=value' in query.\n")
  return path
}

function numberOf(request: Request, name: string): number | undefined {
  const text = queryText(request, name)
  if (text === undefined || text === '') return undefined
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  throw new HttpError(400, `Failed to parse ${name}: Failed to convert '${text}' to number.\n`)
}

function attached({ shell, config }: HttpContext): Record<string, string> {
  const entries: [string, string][] = []
  for (const framework of shell.state.frameworks.values()) {
    for (const executor of [...framework.executors.values(), ...framework.completedExecutors]) {
      entries.push([executor.directory, executor.directory])
      const virtual = `/frameworks/${framework.id}/executors/${executor.id}/runs/latest`
      entries.push([virtual, executor.directory])
    }
  }
  const log = readableLog(config)
  if (log !== undefined) entries.push(['/slave/log', log])
  return Object.fromEntries(entries)
}
