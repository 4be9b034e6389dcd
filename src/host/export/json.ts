// A chat as JSON: one object, one message a line.

import type { Exported } from './exports.ts'

/** Rises when what older programs read means something else. */
export const EXPORT_VERSION = 1

export async function* conversationJson({ profile, conversation, at, messages }: Exported): AsyncGenerator<string> {
  const { id, kind, person, group } = conversation
  const head = {
    sotto: 'export',
    version: EXPORT_VERSION,
    exportedAt: at,
    profile: { account: profile.account, username: profile.username, name: profile.name },
    conversation: {
      id,
      kind,
      person: person && { account: person.account, username: person.username, name: person.name },
      group: group && { id: group.id, title: group.title },
    },
  }
  // The messages come last, and line by line: nobody has to hold all of them.
  yield `${JSON.stringify(head).slice(0, -1)},"messages":[`
  let first = true
  for await (const page of messages) {
    for (const message of page) {
      yield `${first ? '' : ','}\n${JSON.stringify(message)}`
      first = false
    }
  }
  yield '\n]}\n'
}
