// A message in one line, for the list and for screen readers.

import { unreachable } from '../../shared/answer.ts'
import type { AccountId } from '../../shared/ids.ts'
import type { MessageContent } from '../../shared/model.ts'
import { eventWords } from './event-words.ts'
import { shownText } from './plain.ts'
import { say } from './say.ts'

/** The list shows about forty characters; the rest is cut by the layout. */
const MOST = 160

/** `own`: whose window it is, who is called "you". */
export function preview(content: MessageContent, own: AccountId | undefined): string {
  switch (content.kind) {
    case 'text':
      return shownText(content.text.slice(0, 4 * MOST))
        .replace(/\s+/gu, ' ')
        .trim()
        .slice(0, MOST)
    case 'deleted':
      return say('row.deleted')
    case 'unlisted-device':
      return say('row.unlistedDevice')
    case 'keys-replaced':
      return say('row.keysReplaced')
    case 'gap':
      return say('row.gap', { count: content.missing })
    case 'undecryptable':
      return say('row.undecryptable')
    case 'new-safety-number':
      return say('row.newSafetyNumber')
    case 'restored':
      return say('row.restored')
    case 'key-missing':
      return say('row.keyMissing')
    case 'group-event':
      return eventWords(content, own)
    default:
      return unreachable(content)
  }
}
