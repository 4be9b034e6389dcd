// The list of everything the app asked of the desktop, for a test to read as `electron.standin.calls`.

export interface Call {
  readonly name: string
  readonly args: readonly unknown[]
}

export const calls: Call[] = []

export function record(name: string, ...args: unknown[]): void {
  calls.push({ name, args })
}

/** A function that does nothing but note its arguments under `name`. */
export function recorded(name: string): (...args: unknown[]) => void {
  return (...args) => record(name, ...args)
}
