/** What a test needs of the machine; without it the test is skipped under that name (a failure with CI=true). */
import { accessSync, constants } from 'node:fs'

const isInstalled = (program: string): boolean =>
  ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((folder) => {
    try {
      accessSync(`${folder}/${program}`, constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** For the options of a test: false, or the reason why it is skipped. */
export function lacks(needs: { readonly root?: boolean; readonly programs?: readonly string[] }): string | false {
  const missing = [
    ...(needs.root === true && process.getuid?.() !== 0 ? ['root'] : []),
    ...(needs.programs ?? []).filter((program) => !isInstalled(program)),
  ]
  return missing.length === 0 ? false : `needs ${missing.join(', ')}`
}
