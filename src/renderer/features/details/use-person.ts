// The person a dialog is about, as the mirror has them.

import type { AccountId } from '../../../shared/ids.ts'
import type { Person } from '../../../shared/model.ts'
import { useMirror } from '../../store/feed.ts'

export function usePerson(account: AccountId): Person | undefined {
  return useMirror((mirror) => {
    for (const { person } of mirror.conversations.values()) if (person?.account === account) return person
    return undefined
  })
}
