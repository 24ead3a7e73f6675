/** `host:port` or a URL → the URL of an API there. A bare address means http. */
export function parseAddress(text: string, path: string): URL {
  const address = text.includes('://') ? text : `http://${text}`
  if (!URL.canParse(address)) throw new RangeError(`'${text}' is not the address of a server`)
  const url = new URL(path, address)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new RangeError(`'${text}' is neither http nor https`)
  return url
}

/** Throws RangeError unless there is at least one address and all are some. */
export function checkAddresses(texts: readonly string[]): void {
  if (texts.length === 0) throw new RangeError('no address of a server is given')
  for (const text of texts) parseAddress(text, '/')
}

/** The same for `host:port` and a URL of that server. */
export function hostOf(address: string): string {
  return parseAddress(address, '/').host
}
