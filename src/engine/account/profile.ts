// What we say about ourselves, and how we like it: changed here, told to those who may know.

import { type Answer, answer } from '../../shared/answer.ts'
import type { ParsedInput } from '../../shared/api.ts'
import { personConversation } from '../../shared/ids.ts'
import type { Profile, Settings } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Live } from '../live.ts'
import { nothingBody, promise } from '../messages/send.ts'
import { rememberOneself } from '../people/find.ts'
import { readAccount, rename, setAbout } from '../storage/account.ts'
import { allConversations, findConversation, type PersonConversationRow } from '../storage/conversations.ts'
import { isBlocked } from '../storage/people.ts'
import { writeSettings } from '../storage/settings.ts'
import { Touched } from '../touched.ts'

export function showProfile(sql: Sql): Profile | null {
  const stored = readAccount(sql)
  if (stored === undefined) return null
  const { account, device, username, name, about, relay } = stored
  return { account, device, username, name, about, relay }
}

export async function updateProfile(live: Live, input: ParsedInput<'updateProfile'>): Promise<Answer<Profile>> {
  return live.work.run(async () => {
    const { sql } = live.ports
    const { own } = live
    const name = input.name ?? own.name
    const about = input.about ?? own.about
    const touched = new Touched()
    if (name !== own.name || about !== own.about) {
      sql.transaction(() => {
        if (name !== own.name) rename(sql, name)
        if (about !== own.about) setAbout(sql, about)
      })
      own.profileVersion += name === own.name ? 0 : 1
      own.detailsVersion += about === own.about ? 0 : 1
      own.name = name
      own.about = about
      rememberOneself(live)
      tellFriends(live)
      const notes = personConversation(own.account)
      if (findConversation(sql, notes) !== undefined) touched.conversation(notes)
    }
    const profile = showProfile(sql)
    if (profile === null) throw new Error('the profile is gone')
    live.tellAlso(touched, { kind: 'profile', profile })
    live.outbox.kick()
    return answer(profile)
  })
}

/** [P66] Everybody who has accepted learns it now, not with the next message. */
function tellFriends(live: Live): void {
  const { sql } = live.ports
  const known = allConversations(sql).filter(
    (conversation): conversation is PersonConversationRow =>
      conversation.kind === 'person' && conversation.state === 'open' && !isBlocked(sql, conversation.account),
  )
  sql.transaction(() => {
    for (const { account } of known)
      promise({ ...live.ports, own: live.own }, { recipient: account, body: nothingBody() })
  })
}

export async function updateSettings(live: Live, input: ParsedInput<'updateSettings'>): Promise<Answer<Settings>> {
  const { sql } = live.ports
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
  const settings: Settings = { ...live.settings, ...given }
  sql.transaction(() => writeSettings(sql, settings))
  live.settings = settings
  live.tellAlso(new Touched(), { kind: 'settings', settings })
  return answer(settings)
}
