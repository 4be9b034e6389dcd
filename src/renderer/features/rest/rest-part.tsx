// Shows a part of the rest as soon as it is here; until then what waits for it, and what says that it cannot be had.

import { type ReactNode, useEffect } from 'react'
import { fetchRest, type Rest, useRest } from './fetch-rest.ts'

interface RestPartProps {
  readonly children: (rest: Rest) => ReactNode
  readonly waiting: ReactNode
  readonly missing: ReactNode
}

export function RestPart({ children, waiting, missing }: RestPartProps) {
  const fetched = useRest()
  const isAway = fetched.state === 'away'
  // Whoever comes back to it has it tried again.
  useEffect(() => void fetchRest(), [])
  // It was fetched ahead, and that failed meanwhile.
  useEffect(() => {
    if (isAway) void fetchRest()
  }, [isAway])
  if (fetched.state === 'here') return children(fetched.rest)
  return fetched.state === 'missing' ? missing : waiting
}
