// Who may come through the door between the window and the messenger, and how often.

/** What a message says about its sender: Electron's WebFrameMain, as far as it matters. */
export interface Frame {
  readonly origin: string
  readonly parent: object | null
}

/** Only the page that shipped with the app, in the window itself and not in a frame of it. */
export function isOurPage(frame: Frame | null, origin: string): boolean {
  return frame !== null && frame.parent === null && frame.origin === origin
}

/** What a person at work never reaches, and a page gone wild does at once. */
const CALLS_AT_ONCE = 400
const MILLISECONDS_PER_CALL = 5

/**
 * Lets calls in at a steady rate, and so many at once after a rest. What it answers takes one: 0 if it may pass, else the
 * milliseconds until the next may.
 *
 * @param monotonic milliseconds that only grow
 */
export function limitCalls(
  monotonic: () => number,
  atOnce = CALLS_AT_ONCE,
  perCall = MILLISECONDS_PER_CALL,
): () => number {
  let owed = 0
  let since = monotonic()
  return () => {
    const now = monotonic()
    owed = Math.max(0, owed - (now - since))
    since = now
    const over = owed + perCall - atOnce * perCall
    if (over > 0) return Math.ceil(over)
    owed += perCall
    return 0
  }
}
