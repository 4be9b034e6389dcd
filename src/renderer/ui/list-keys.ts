// Where a key leads in a list of which only one row takes the focus with Tab. Undefined: nowhere; beyond the ends is for the caller.

export function targetOf(key: string, from: number, count: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return from + 1
    case 'ArrowUp':
      return from - 1
    case 'PageDown':
      return from + 8
    case 'PageUp':
      return from - 8
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return undefined
  }
}
