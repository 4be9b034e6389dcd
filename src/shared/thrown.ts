// What of a thrown error may be written down.

/** Its kind and its place. Messages quote what they were about. */
export function whereThrown(error: unknown): { error: string; place?: string } {
  if (!(error instanceof Error)) return { error: typeof error }
  const place = /([\w.-]+:\d+):\d+\)?$/m.exec(error.stack ?? '')?.[1] ?? 'unknown'
  return { error: error.name, place }
}
