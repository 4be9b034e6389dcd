// Moves the focus within a list once it has scrolled there, unless the person has gone elsewhere meanwhile.

export function focusInside(list: HTMLElement | null, selector: string): void {
  if (list?.contains(document.activeElement)) list.querySelector<HTMLElement>(selector)?.focus()
}
