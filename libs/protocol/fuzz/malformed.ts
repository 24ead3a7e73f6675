/**
 * `refused`: no server may take it for a call. `open`: it may have stayed a call, and gets what that deserves.
 */
export type Verdict = 'refused' | 'open'

export type Malformed = { readonly mutation: string; readonly verdict: Verdict; readonly body: Uint8Array }
