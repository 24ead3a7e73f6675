/** `host:port` or a URL → the URL of an API there. A bare address means http. */
function parseAddress(text: string, path: string): URL {
  const address = text.includes('://') ? text : `http://${text}`
  if (!URL.canParse(address)) throw new RangeError(`'${text}' is not the address of a server`)
  const url = new URL(path, address)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new RangeError(`'${text}' is neither http nor https`)
  return url
}

/** At least one address is needed. */
export function parseAddresses(texts: readonly string[], path: string): readonly [URL, ...URL[]] {
  const [first, ...rest] = texts.map((text) => parseAddress(text, path))
  if (first === undefined) throw new RangeError('no address of a server is given')
  return [first, ...rest]
}
