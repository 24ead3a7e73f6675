/** Where in etcd a store keeps what: users' keys apart from the engine's own. */

export type KeySpace = {
  /** Of a key that a user of the store names. */
  data(key: string): Buffer
  /** The name of a data key, as its user knows it. */
  name(key: Buffer): string
  election(name: string): Buffer
  session(id: string): Buffer
  journalHead(id: string): Buffer
  journalChunk(id: string, index: number): Buffer
  /** Of all heads, and of the chunks of one journal. */
  readonly journalHeads: Buffer
  journalChunks(id: string): Buffer
  /** Tells the layout's version. */
  readonly format: Buffer
}

export function keySpaceOf(prefix: string): KeySpace {
  const dataPrefix = Buffer.from(`${prefix}/data/`)
  const at = (path: string): Buffer => Buffer.from(`${prefix}/${path}`)
  return {
    data: (key) => Buffer.concat([dataPrefix, Buffer.from(key)]),
    name: (key) => key.toString('utf8', dataPrefix.length),
    election: (name) => at(`election/${name}`),
    session: (id) => at(`session/${id}`),
    journalHead: (id) => at(`journal/head/${id}`),
    journalChunk: (id, index) => at(`journal/chunk/${id}/${String(index).padStart(6, '0')}`),
    journalHeads: at('journal/head/'),
    journalChunks: (id) => at(`journal/chunk/${id}/`),
    format: at('format'),
  }
}

/** The first key after all that start with `prefix`. UTF-8 has no byte 0xff, so the last byte can always grow. */
export function rangeEnd(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix)
  const last = end.length - 1
  end[last] = (end[last] ?? 0) + 1
  return end
}

/** The next key in byte order. */
export const keyAfter = (key: Buffer): Buffer => Buffer.concat([key, Buffer.of(0)])
