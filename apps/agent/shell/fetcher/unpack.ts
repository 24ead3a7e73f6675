import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGunzip } from 'node:zlib'
import { errnoOf } from '@thermosphere/effects'

const run = promisify(execFile)

const TAR = /\.(tar|tar\.gz|tgz|tar\.bz2|tbz2|tar\.xz|txz)$/i
const ZIP = /\.zip$/i
const GZIP = /\.gz$/i

export function isArchive(uri: string): boolean {
  const name = pathOf(uri)
  return TAR.test(name) || ZIP.test(name) || GZIP.test(name)
}

/** Queries are not part of the name. */
function pathOf(uri: string): string {
  return uri.split(/[?#]/, 1)[0] ?? uri
}

export type ExtractOptions = { readonly name: string; readonly directory: string; readonly signal: AbortSignal }

/** Unpacks with the system's tools, which refuse members that lead out of the directory. */
export async function extract(archive: string, { name, directory, signal }: ExtractOptions): Promise<void> {
  const path = pathOf(name)
  if (TAR.test(path)) {
    await tool('tar', ['-C', directory, '--no-same-owner', '-xf', archive], signal)
  } else if (ZIP.test(path)) {
    await tool('unzip', ['-o', '-q', '-d', directory, archive], signal)
  } else {
    const target = join(directory, basename(path).replace(GZIP, ''))
    await pipeline(createReadStream(archive), createGunzip(), createWriteStream(target), { signal })
  }
}

async function tool(program: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    await run(program, [...args], { signal })
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') {
      throw new Error(`${program} is not installed on this host; install it to extract archives`, { cause })
    }
    throw cause
  }
}
