import { StoreError } from '../errors.ts'
import type { StoreErrorCode } from '../errors.ts'

/** Primary result codes of SQLite (the low byte of an extended one). */
const SQLITE = { perm: 3, busy: 5, locked: 6, readonly: 8, ioerr: 10, corrupt: 11, full: 13, cantopen: 14, notadb: 26 }

/** A typed error for what SQLite threw; other errors pass unchanged. */
export function toStoreError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error
  if (!('errcode' in error) || typeof error.errcode !== 'number') return fromFileSystem(error, path)
  const make = (code: StoreErrorCode, message: string): StoreError => new StoreError(code, message, { cause: error })
  switch (error.errcode & 0xff) {
    case SQLITE.full:
      return make('STORE_FULL', `no space is left on the disk of the store ${path}; free some space`)
    case SQLITE.busy:
    case SQLITE.locked:
      return make('STORE_BUSY', `the store ${path} is locked by another process`)
    case SQLITE.corrupt:
      return make('STORE_CORRUPT', `the store ${path} is damaged; restore a copy of it, or move it away to start empty`)
    case SQLITE.notadb:
      return make('STORE_CORRUPT', `${path} is not a store; choose another path, or move the file away`)
    case SQLITE.readonly:
    case SQLITE.perm:
      return make(
        'STORE_UNAVAILABLE',
        `the store ${path} may not be written by this user, or its file system is read-only`,
      )
    case SQLITE.cantopen:
      return make(
        'STORE_UNAVAILABLE',
        `the store ${path} cannot be opened; check that its directory exists and may be written`,
      )
    case SQLITE.ioerr:
      return make('STORE_IO', `the disk of the store ${path} failed (${error.message})`)
    default:
      return make('STORE_IO', `the store ${path} failed: ${error.message}`)
  }
}

/** Making the directory of the file can fail before SQLite is asked. */
function fromFileSystem(error: NodeJS.ErrnoException, path: string): Error {
  const make = (code: StoreErrorCode, message: string): StoreError => new StoreError(code, message, { cause: error })
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return make('STORE_FULL', `no space is left on the disk of the store ${path}; free some space`)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return make(
        'STORE_UNAVAILABLE',
        `the directory of the store ${path} may not be written by this user, or is read-only`,
      )
    case 'ENOTDIR':
    case 'EEXIST':
      return make('STORE_UNAVAILABLE', `the directory of the store ${path} is a file; choose another path`)
    default:
      return error
  }
}
