import { limits } from '../../limits.ts'

type ServerSentEvent = { type: string; data: string }

/** Server-sent events from text cut anywhere; lines end with \n, \r\n or \r. */
export class SseDecoder {
  #line = ''
  #type = ''
  #data: string[] = []
  #afterReturn = false

  push(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = []
    for (const character of this.#withoutSplitReturn(text).split(/(\r\n|\n|\r)/)) {
      if (character === '\n' || character === '\r\n' || character === '\r') this.#endLine(events)
      else this.#append(character)
    }
    return events
  }

  /** A chunk that ends between \r and \n must not count as two line ends. */
  #withoutSplitReturn(text: string): string {
    const rest = this.#afterReturn && text.startsWith('\n') ? text.slice(1) : text
    if (text !== '') this.#afterReturn = text.endsWith('\r')
    return rest
  }

  #append(piece: string): void {
    if (this.#line.length + piece.length > limits.sseLineCharsMax)
      throw new Error('A line of the event stream is too long.')
    this.#line += piece
  }

  #endLine(events: ServerSentEvent[]): void {
    const line = this.#line
    this.#line = ''
    if (line !== '') return this.#field(line)
    if (this.#data.length > 0)
      events.push({ type: this.#type === '' ? 'message' : this.#type, data: this.#data.join('\n') })
    this.#type = ''
    this.#data = []
  }

  #field(line: string): void {
    const colon = line.indexOf(':')
    if (colon === 0) return
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') this.#type = value
    if (name === 'data') this.#data.push(value)
  }
}
