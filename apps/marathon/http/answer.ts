import type { ApiResponse, Command } from '@thermosphere/marathon-core'
import { HttpError } from '@thermosphere/service-kit'
import type { ErrorFormat } from '@thermosphere/service-kit'
import type { Request, RequestHandler, Response } from 'express'
import { commandTimeoutMs } from '../limits.ts'
import type { HttpContext } from './context.ts'

/** `{"message", "details"?}` as every error of Marathon's. */
export const marathonErrors: ErrorFormat = (error, response) => {
  const { message, details } = error
  response.json(details === undefined ? { message } : { message, details })
}

export function notFound(message: string): HttpError {
  return new HttpError(404, message, { details: [] })
}

function methodNotAllowed(): HttpError {
  return new HttpError(405, 'Method Not Allowed')
}

function send(response: Response, answer: ApiResponse): void {
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value)
  response.status(answer.status)
  if (answer.body === undefined) response.end()
  else response.json(answer.body)
}

/** Hands a command to the core and answers what it answers. */
export async function run(context: HttpContext, response: Response, command: Command): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new HttpError(503, 'the request was not answered in time')), commandTimeoutMs)
  })
  try {
    send(response, await Promise.race([context.shell.command(command), late]))
  } finally {
    clearTimeout(timer)
  }
}

type Handler = (request: Request, response: Response) => void | Promise<void>

/** Calls the handler of the request's method; HEAD is GET without a body. */
export function byMethod(handlers: Readonly<Record<string, Handler>>): RequestHandler {
  return async (request, response) => {
    const method = request.method === 'HEAD' && handlers['HEAD'] === undefined ? 'GET' : request.method
    const handler = handlers[method]
    if (handler === undefined) throw methodNotAllowed()
    await handler(request, response)
  }
}
