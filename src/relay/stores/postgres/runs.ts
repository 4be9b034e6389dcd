// Ascending runs of neighbouring positions: most acknowledgements are one.

export interface Run {
  first: number
  last: number
}

export function runs(positions: readonly number[]): Run[] {
  const found: Run[] = []
  for (const position of positions.toSorted((a, b) => a - b)) {
    const run = found.at(-1)
    if (run !== undefined && position <= run.last + 1) run.last = position
    else found.push({ first: position, last: position })
  }
  return found
}
