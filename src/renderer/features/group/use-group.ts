// Everything about a group, asked for again whenever something about it has changed.

import { useEffect, useState } from 'react'
import type { ConversationId } from '../../../shared/ids.ts'
import type { Group } from '../../../shared/model.ts'
import { ask } from '../../store/ask.ts'
import { useMirror } from '../../store/feed.ts'

export function useGroup(conversation: ConversationId): Group | undefined {
  const row = useMirror((mirror) => mirror.conversations.get(conversation))
  const [group, setGroup] = useState<Group>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: a row that changed is why it is asked again
  useEffect(() => {
    let gone = false
    void ask('getGroup', { conversation }).then((answer) => {
      if (!gone && answer.ok) setGroup(answer.value)
    })
    return () => {
      gone = true
    }
  }, [conversation, row])
  return group?.conversation === conversation ? group : undefined
}
