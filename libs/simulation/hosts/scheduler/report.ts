/** Tells that something that must hold does not. */
export type Report = (invariant: string, message: string) => void
