import type { ContainerIo } from '@thermosphere/isolation'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Attachment } from './attachment.ts'
import type { OutputListener } from './attachment.ts'

const ioOf = (stdout: Readable, stderr: Readable, output: ContainerIo['output'] = 'agent'): ContainerIo => ({
  stdin: new PassThrough(),
  stdout,
  stderr,
  output,
  hasTerminal: false,
  resize: () => Promise.resolve(),
})

/** Has ended and closed by itself, as a pipe does that nothing was written to. */
async function closedStream(): Promise<Readable> {
  const stream = Readable.from([])
  stream.resume()
  await once(stream, 'close')
  return stream
}

class Told implements OutputListener {
  readonly words: string[] = []
  write(name: string, data: Buffer): boolean {
    this.words.push(`${name} ${data.toString()}`)
    return true
  }
  end(): void {
    this.words.push('end')
  }
}

describe('the output of a container that has ended before anybody listens', { timeout: 10_000 }, () => {
  test('comes to its end when it was empty', async () => {
    const attachment = new Attachment(ioOf(await closedStream(), await closedStream()), () => undefined)
    const told = new Told()
    attachment.listen(told)
    await attachment.ended
    assert.deepEqual(told.words, ['end'])
  })

  test('is told in full when one of its streams was empty', async () => {
    const stdout = new PassThrough()
    stdout.end('last words')
    const attachment = new Attachment(ioOf(stdout, await closedStream()), () => undefined)
    const told = new Told()
    attachment.listen(told)
    await attachment.ended
    assert.deepEqual(told.words, ['STDOUT last words', 'end'])
  })

  test('is at its end for whoever comes after the end', async () => {
    const attachment = new Attachment(ioOf(await closedStream(), await closedStream()), () => undefined)
    attachment.listen(new Told())
    await attachment.ended
    const late = new Told()
    attachment.listen(late)
    assert.deepEqual(late.words, ['end'])
  })
})

test('an attachment that nobody uses any more is given up once, so that the next one stays', async () => {
  let closeCount = 0
  const attachment = new Attachment(ioOf(new PassThrough(), new PassThrough(), 'file'), () => closeCount++)
  const told = new Told()
  attachment.listen(told)
  attachment.unlisten(told)
  await attachment.ended
  await turn()
  assert.equal(closeCount, 1)
})
