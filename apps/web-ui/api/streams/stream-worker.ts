import { aliveMaxMs } from './stream-messages.ts'
import type { FromWorker, ToWorker } from './stream-messages.ts'
import { StreamHub } from './stream-hub.ts'
import { readStream } from './stream-request.ts'

/**
 * The shared worker of all tabs: over HTTP/1.1 a browser opens six connections to an origin, for all tabs together,
 * and three streams a tab would stall the second one.
 */
const hub = new StreamHub(readStream)

function serve(port: MessagePort): void {
  const closers = new Map<number, () => void>()
  const send = (message: FromWorker) => port.postMessage(message)
  let heardAt = Date.now()
  const leave = () => {
    clearInterval(watch)
    for (const close of closers.values()) close()
    closers.clear()
  }
  const watch = setInterval(() => Date.now() - heardAt > aliveMaxMs && leave(), aliveMaxMs / 5)
  const open = (id: number, request: Extract<ToWorker, { type: 'open' }>['request']) => {
    send({ type: 'accepted', id })
    const close = hub.subscribe(request, {
      opened: (isFresh) => send({ type: 'opened', id, isFresh }),
      items: (items) => send({ type: 'items', id, items }),
      ended: (end) => {
        closers.delete(id)
        send({ type: 'ended', id, end })
      },
    })
    closers.set(id, close)
  }
  port.onmessage = (event: MessageEvent<ToWorker>) => {
    heardAt = Date.now()
    const message = event.data
    if (message.type === 'open') open(message.id, message.request)
    if (message.type !== 'close') return
    closers.get(message.id)?.()
    closers.delete(message.id)
  }
}

addEventListener('connect', (event) => {
  const [port] = (event as MessageEvent).ports
  if (port !== undefined) serve(port)
})
