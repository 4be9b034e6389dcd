// What we call ourselves, and how we like it: changed here, told to those who may know.

import { type Answer, answer } from '../../shared/answer.ts'
import type { ParsedInput } from '../../shared/api.ts'
import { personConversation } from '../../shared/ids.ts'
import type { Profile, Settings } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import type { Live } from '../live.ts'
import { nothingBody, promise } from '../messages/send.ts'
import { rememberOneself } from '../people/find.ts'
import { readAccount, rename } from '../storage/account.ts'
import { allConversations, findConversation, type PersonConversationRow } from '../storage/conversations.ts'
import { isBlocked } from '../storage/people.ts'
import { writeSettings } from '../storage/settings.ts'
import { Touched } from '../touched.ts'

export function showProfile(sql: Sql): Profile | null {
  const stored = readAccount(sql)
  if (stored === undefined) return null
  const { account, device, username, name, relay } = stored
  return { account, device, username, name, relay }
}

export async function updateProfile(live: Live, { name }: ParsedInput<'updateProfile'>): Promise<Answer<Profile>> {
  return live.work.run(async () => {
    const { sql } = live.ports
    const touched = new Touched()
    if (name !== live.own.name) {
      sql.transaction(() => rename(sql, name))
      live.own.name = name
      live.own.profileVersion += 1
      rememberOneself(live)
      const known = allConversations(sql).filter(
        (conversation): conversation is PersonConversationRow =>
          conversation.kind === 'person' && conversation.state === 'open' && !isBlocked(sql, conversation.account),
      )
      sql.transaction(() => {
        for (const { account } of known)
          promise({ ...live.ports, own: live.own }, { recipient: account, body: nothingBody() })
      })
      const notes = personConversation(live.own.account)
      if (findConversation(sql, notes) !== undefined) touched.conversation(notes)
    }
    const profile = showProfile(sql)
    if (profile === null) throw new Error('the profile is gone')
    live.tellAlso(touched, { kind: 'profile', profile })
    live.outbox.kick()
    return answer(profile)
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
