// Opens the question that stands before what cannot simply be taken back.

import type { ConversationId } from '../../../shared/ids.ts'
import { arrange, type GroupAct } from '../../store/desk.ts'

export function askFirst(id: ConversationId, act: GroupAct): void {
  arrange({ dialog: { kind: 'group-act', id, act } })
}
