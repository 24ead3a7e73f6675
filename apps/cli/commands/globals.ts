/** Options that every command has. */
import type { Command } from 'commander'
import { Api, credentialPath, gatewayUrl, loginHeaders } from '../api.ts'
import { printJson, say } from '../output.ts'

export type Context = {
  readonly api: Api
  /** Prints `value` with --json, the text otherwise. */
  readonly print: (value: unknown, text: () => string) => void
}

export function contextOf(command: Command): Context {
  const { url, json, credential } = command.optsWithGlobals<{ url?: string; json?: boolean; credential?: string }>()
  return {
    api: new Api(gatewayUrl(url), loginHeaders(credentialPath(credential))),
    print: (value, text) => (json === true ? printJson(value) : say(text())),
  }
}
