// Which links may leave the app for the system's browser or mail program.

const MAX_LENGTH = 2048
const schemes = new Set(['http:', 'https:', 'mailto:'])

/** The address to hand to the system, normalised so that it is what was checked; undefined if it may not leave. */
export function outsideLink(address: string): string | undefined {
  if (address.length > MAX_LENGTH || !URL.canParse(address)) return undefined
  const url = new URL(address)
  if (!schemes.has(url.protocol)) return undefined
  // What stands before the @ is there to be taken for the host.
  if (url.protocol !== 'mailto:' && (url.username !== '' || url.password !== '' || url.hostname === ''))
    return undefined
  return url.href
}
