import { HttpError } from '@thermosphere/service-kit'
import { open } from 'node:fs/promises'
import { LIMITS } from '../../limits.ts'
import { resolveFile } from './file-roots.ts'
import type { FilesContext } from './file-roots.ts'

export type FilePart = { readonly data: Buffer; readonly size: number }

/** A part of a file, 64 KiB at most; beyond its end it is empty. */
export async function readFilePart(
  context: FilesContext,
  path: string,
  part: { readonly offset: number; readonly length: number | undefined },
): Promise<FilePart> {
  const file = await open(await resolveFile(context, path), 'r')
  try {
    const info = await file.stat()
    if (info.isDirectory()) throw new HttpError(400, 'Cannot read a directory.\n')
    const wanted = Math.min(part.length ?? LIMITS.fileReadBytesMax, LIMITS.fileReadBytesMax)
    const length = Math.max(0, Math.min(wanted, info.size - part.offset))
    const buffer = Buffer.alloc(length)
    const { bytesRead } = length === 0 ? { bytesRead: 0 } : await file.read(buffer, 0, length, part.offset)
    return { data: buffer.subarray(0, bytesRead), size: info.size }
  } finally {
    await file.close()
  }
}
