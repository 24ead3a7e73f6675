/** Where a part runs: this machine as it is, or one of the network namespaces that stand for machines. */
export type Host = {
  readonly name: string
  readonly ip: string
  /** What a command is started with to run there. */
  readonly enter: readonly string[]
}

export const thisMachine: Host = { name: 'here', ip: '127.0.0.1', enter: [] }
