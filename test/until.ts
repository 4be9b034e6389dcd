// Waiting for something that is bound to happen: looked at again and again, until patience ends.

const PATIENCE = 15_000

/** Throws with what was waited for. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what: string | (() => string),
  patience = PATIENCE,
): Promise<void> {
  const end = performance.now() + patience
  for (;;) {
    if (await isSo()) return
    if (performance.now() > end) throw new Error(`waited in vain: ${typeof what === 'string' ? what : what()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
