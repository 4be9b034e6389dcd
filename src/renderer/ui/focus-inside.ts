// Moves the focus within a list once it has scrolled there, unless the person has gone elsewhere meanwhile.

export function focusInside(list: HTMLElement | null, selector: string): void {
  const here = document.activeElement
  // The body: the row that had the focus was scrolled out of sight and is not drawn any more.
  if (here === document.body || list?.contains(here)) list?.querySelector<HTMLElement>(selector)?.focus()
}
