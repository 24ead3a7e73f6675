/** Where a wire value failed: its JSON text, its fit to the schema, or its protobuf bytes. */
export type WireErrorStage = 'json' | 'convert' | 'protobuf'

/** A payload that is not what the schema says. `message` is worded as Mesos words it. */
export class WireError extends Error {
  readonly stage: WireErrorStage
  constructor(stage: WireErrorStage, message: string) {
    super(message)
    this.name = 'WireError'
    this.stage = stage
  }

  /** The body of Mesos' 400 answer, given the short name of the message (`Call`). */
  toHttpText(shortName: string): string {
    switch (this.stage) {
      case 'json':
        return `Failed to parse body into JSON: ${this.message}`
      case 'convert':
        return `Failed to convert JSON into ${shortName} protobuf: ${this.message}`
      case 'protobuf':
        return `Failed to parse body into ${shortName} protobuf`
    }
  }
}
