import { DatabaseSync } from 'node:sqlite'

/** Whether a process is amid a commit on the file: one that is stopped there keeps everybody else out of it. */
export function isSqliteLocked(path: string): boolean {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('BEGIN IMMEDIATE; ROLLBACK')
    return false
  } catch {
    return true
  } finally {
    database.close()
  }
}
