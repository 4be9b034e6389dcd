// The parts of the window that the focus can be sent to. Each marks what takes it with data-region.

export type Region = 'search' | 'list' | 'messages' | 'composer'

const round: readonly Region[] = ['list', 'messages', 'composer']

function elementOf(region: Region): HTMLElement | null {
  return document.querySelector<HTMLElement>(`[data-region="${region}"]`)
}

/** The region itself, or what the Tab key would reach first in it. */
export function focusRegion(region: Region): void {
  const element = elementOf(region)
  if (!element) return
  const inside = element.querySelector<HTMLElement>('[tabindex="0"], textarea')
  const target = element.matches('input, textarea, [tabindex="0"]') ? element : inside
  target?.focus()
  if (target instanceof HTMLInputElement) target.select()
}

export function focusNextRegion(): void {
  const here = round.findIndex((region) => elementOf(region)?.contains(document.activeElement))
  for (let step = 1; step <= round.length; step++) {
    const region = round[(here + step) % round.length]
    const element = region && elementOf(region)
    if (region && element && element.getClientRects().length > 0) {
      focusRegion(region)
      return
    }
  }
}
