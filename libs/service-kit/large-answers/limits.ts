/** Bounds of answers that are sent in pieces, each with its reason. */
export const LARGE_ANSWER_LIMITS = {
  /** All long work of one turn of the event loop together: a request that comes meanwhile waits so long. */
  sliceMs: 5,
  /** Up to this an answer has a Content-Length: it is made within about 10 ms. */
  wholeBytesMax: 1024 * 1024,
  /** Pieces are written together until they are so many bytes: a turn of the event loop for each would cost more. */
  writeBytesMin: 256 * 1024,
  /** Smaller pieces are copied together: a buffer of its own in a write costs more than the copy. */
  copyBytesMax: 4 * 1024,
  /** A reader that does not take one write in this time is cut: what it reads is kept in memory for it. */
  readerStallMs: 30_000,
  /** Below this a piece is packed together with its neighbours, above it alone, and what comes out is kept. */
  packAloneBytesMin: 8 * 1024,
  /** Smaller ones are stored as they are: what packing saves is less than what it costs. */
  packBytesMin: 256,
  /** Pieces of one answer that are packed at the same time, on threads that others need too. */
  packingMax: 2,
} as const
