// What we call ourselves, and how we like it: changed here, told to those who may know.

import { type Answer, answer } from '../../shared/answer.ts'
import type { ParsedInput } from '../../shared/api.ts'
import { personConversation } from '../../shared/ids.ts'
import type { Profile, Settings } from '../../shared/model.ts'
import { SHARED_SETTINGS } from '../devices/kinds.ts'
import { announce } from '../devices/tell.ts'
import type { Live } from '../live.ts'
import { nothingBody, promise } from '../messages/send.ts'
import { rememberOneself } from '../people/find.ts'
import { rename } from '../storage/account.ts'
import { allConversations, findConversation, type PersonConversationRow } from '../storage/conversations.ts'
import { isBlocked } from '../storage/people.ts'
import { writeSettings } from '../storage/settings.ts'
import { Touched } from '../touched.ts'
import { showProfile } from './show-profile.ts'

export async function updateProfile(live: Live, { name }: ParsedInput<'updateProfile'>): Promise<Answer<Profile>> {
  return live.work.run(async () => {
    const { sql } = live.ports
    const touched = new Touched()
    if (name !== live.own.name) {
      sql.transaction(() => rename(sql, name, live.own.profileVersion + 1))
      live.own.name = name
      live.own.profileVersion += 1
      rememberOneself(live)
      const known = allConversations(sql).filter(
        (conversation): conversation is PersonConversationRow =>
          conversation.kind === 'person' && conversation.state === 'open' && !isBlocked(sql, conversation.account),
      )
      sql.transaction(() => {
        announce({ ...live.ports, own: live.own }, 'profile', { name, version: live.own.profileVersion })
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
  sql.transaction(() => {
    writeSettings(sql, settings)
    for (const name of SHARED_SETTINGS)
      if (settings[name] !== live.settings[name])
        announce({ ...live.ports, own: live.own }, `setting/${name}`, settings[name])
  })
  live.settings = settings
  live.kickOwn()
  live.tellAlso(new Touched(), { kind: 'settings', settings })
  return answer(settings)
}
