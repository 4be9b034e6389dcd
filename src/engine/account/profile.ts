// What we say about ourselves, and how we like it: changed here, told to those who may know.

import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { ParsedInput } from '../../shared/api.ts'
import { fromBase64 } from '../../shared/base64.ts'
import { personConversation } from '../../shared/ids.ts'
import type { Profile, Settings } from '../../shared/model.ts'
import { SHARED_SETTINGS } from '../devices/kinds.ts'
import { announce } from '../devices/tell.ts'
import type { Live } from '../live.ts'
import { nothingBody, promise, type SendNeeds } from '../messages/send.ts'
import type { Own } from '../own.ts'
import { checkAvatar } from '../people/avatars.ts'
import { rememberOneself } from '../people/find.ts'
import { countDetails, rename, setAbout } from '../storage/account.ts'
import { readAvatar, removeAvatar, writeOwnAvatar } from '../storage/avatars.ts'
import { allConversations, findConversation, type PersonConversationRow } from '../storage/conversations.ts'
import { isBlocked } from '../storage/people.ts'
import { forgetRestoredAt, writeSettings } from '../storage/settings.ts'
import { Touched } from '../touched.ts'
import { showProfile } from './show-profile.ts'

export async function updateProfile(live: Live, input: ParsedInput<'updateProfile'>): Promise<Answer<Profile>> {
  return live.work.run(async () => {
    const { sql } = live.ports
    const { own } = live
    const name = input.name ?? own.name
    const about = input.about ?? own.about
    const touched = new Touched()
    const [isRenamed, isRedescribed] = [name !== own.name, about !== own.about]
    if (isRenamed || isRedescribed) {
      sql.transaction(() => {
        if (isRenamed) rename(sql, name, own.profileVersion + 1)
        if (!isRedescribed) return
        setAbout(sql, about)
        countDetails(sql)
      })
      own.profileVersion += isRenamed ? 1 : 0
      own.detailsVersion += isRedescribed ? 1 : 0
      own.name = name
      own.about = about
      rememberOneself(live)
      sql.transaction(() => {
        // What was not changed is not said to be so: another device may have changed it.
        if (isRenamed) announce({ ...live.ports, own }, 'profile', { name, version: own.profileVersion })
        if (isRedescribed) announce({ ...live.ports, own }, 'details', { about, version: own.detailsVersion })
        promiseToFriends({ ...live.ports, own })
      })
      touchNotes(live, touched)
      touched.renamed(own.account)
    }
    return answer(tellProfile(live, touched))
  })
}

/** [P179] Shown here at once; others hear of it when it is at the relay. */
export async function setAvatar(live: Live, { picture }: ParsedInput<'setAvatar'>): Promise<Answer<Profile>> {
  const { sql } = live.ports
  const { own } = live
  const bytes = picture === null ? null : fromBase64(picture)
  const checked = bytes && checkAvatar(bytes)
  if (picture !== null && !checked) return refuse('not-a-picture')
  return live.work.run(async () => {
    const touched = new Touched()
    if (checked) sql.transaction(() => writeOwnAvatar(sql, own.account, checked))
    else if (readAvatar(sql, own.account) !== undefined) {
      const without: Own = { ...own, avatar: undefined, detailsVersion: own.detailsVersion + 1 }
      sql.transaction(() => {
        removeAvatar(sql, own.account)
        countDetails(sql)
        promiseToFriends({ ...live.ports, own: without })
      })
      Object.assign(own, without)
    }
    touchNotes(live, touched)
    const profile = tellProfile(live, touched)
    live.avatars.kick()
    return answer(profile)
  })
}

export async function acknowledgeRestore(live: Live): Promise<Answer<null>> {
  const { sql } = live.ports
  if (sql.transaction(() => forgetRestoredAt(sql))) live.tellAlso(new Touched(), { kind: 'restored', at: null })
  return answer(null)
}

function touchNotes({ ports: { sql }, own }: Live, touched: Touched): void {
  const notes = personConversation(own.account)
  if (findConversation(sql, notes) !== undefined) touched.conversation(notes)
}

function tellProfile(live: Live, touched: Touched): Profile {
  const profile = showProfile(live.ports.sql)
  if (profile === null) throw new Error('the profile is gone')
  live.tellAlso(touched, { kind: 'profile', profile })
  live.outbox.kick()
  return profile
}

/** [P66] In a transaction. Everybody who has accepted learns it now, not with the next message. */
export function promiseToFriends(needs: SendNeeds): void {
  const { sql } = needs
  const known = allConversations(sql).filter(
    (conversation): conversation is PersonConversationRow =>
      conversation.kind === 'person' && conversation.state === 'open' && !isBlocked(sql, conversation.account),
  )
  for (const { account } of known) promise(needs, { recipient: account, body: nothingBody() })
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
