import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../errors.ts'
import { STORE_LIMITS } from '../limits.ts'

/** 'THMS': tells our files from those of other programs. */
const APPLICATION_ID = 0x54484d53
const SCHEMA_VERSION = 1

const CREATE = `
  CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE changes (revision INTEGER, key TEXT, value TEXT, PRIMARY KEY (revision, key)) WITHOUT ROWID;
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO counters VALUES ('revision', 0), ('compacted', 0);
  CREATE TABLE leases (
    name TEXT PRIMARY KEY, token INTEGER NOT NULL, value TEXT NOT NULL,
    holder TEXT, expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`

/** Opens or creates the file: WAL, every commit on stable storage, checked for damage. */
export function openDatabase(path: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true })
  const database = new DatabaseSync(path, { timeout: STORE_LIMITS.busyTimeoutMs })
  try {
    prepare(database, path)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function prepare(database: DatabaseSync, path: string): void {
  // Before anything is written, so that another program's file stays as it is.
  assertOurs(database, path)
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = FULL')
  database.exec('PRAGMA cell_size_check = ON')
  const check = pragma(database, 'quick_check(1)')
  if (check !== 'ok') {
    throw new StoreError(
      'STORE_CORRUPT',
      `the store ${path} is damaged (${String(check)}); restore a copy of it, or move it away`,
    )
  }
  database.exec('BEGIN IMMEDIATE')
  try {
    // Under the lock: another process may have created the tables meanwhile.
    if (pragma(database, 'user_version') === 0) database.exec(CREATE)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function assertOurs(database: DatabaseSync, path: string): void {
  const version = Number(pragma(database, 'user_version'))
  const applicationId = Number(pragma(database, 'application_id'))
  const row = database.prepare('SELECT count(*) AS count FROM sqlite_master').get()
  const isEmpty = row?.['count'] === 0 && version === 0
  if (applicationId !== APPLICATION_ID && !isEmpty) {
    throw new StoreError('STORE_CORRUPT', `${path} is a database of another program; choose another path`)
  }
  if (version > SCHEMA_VERSION) {
    const text = `the store ${path} has schema version ${version}, newer than ${SCHEMA_VERSION}; run the newer program`
    throw new StoreError('STORE_SCHEMA_NEWER', text)
  }
}

function pragma(database: DatabaseSync, name: string): unknown {
  const row = database.prepare(`PRAGMA ${name}`).get()
  return row === undefined ? undefined : Object.values(row)[0]
}
