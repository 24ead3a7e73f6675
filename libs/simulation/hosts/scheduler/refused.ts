/** The master does not want this subscription any more: another process has taken it over, or the framework is gone. */
export class RefusedByMaster extends Error {
  constructor(message: string) {
    super(`the master refuses the framework: ${message}`)
    this.name = 'RefusedByMaster'
  }
}
