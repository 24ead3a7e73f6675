/** Several servers of one kind, any of which answers for all: the one that answered last is asked first. */
export class Replicas {
  readonly #configured: readonly string[]
  #order: readonly string[]

  constructor(urls: readonly string[]) {
    this.#configured = urls.map((url) => url.replace(/\/$/, ''))
    this.#order = this.#configured
  }

  /** As they are written in the flag. */
  get configured(): readonly string[] {
    return this.#configured
  }

  /** Base URLs in the order in which they should be asked. */
  readonly urls = (): Promise<readonly string[]> => Promise.resolve(this.#order)

  /** It answered, or another one named it as the leader. */
  readonly found = (url: string): void => {
    if (this.#order[0] !== url) this.#order = [url, ...this.#configured.filter((other) => other !== url)]
  }

  /** It is asked last; an address that was only learned is forgotten. */
  readonly failed = (url: string): void => {
    const others = this.#order.filter((other) => other !== url)
    this.#order = this.#configured.includes(url) ? [...others, url] : others
  }
}

/** What is reached under `/service/<its key>`. */
export type Service = { readonly name: string; readonly replicas: Replicas }
