// What the scripted engine answers to each call.

import { answer, refuse } from '../../../src/shared/answer.ts'
import type { Handlers } from '../../../src/shared/api.ts'
import { type AccountId, Instant, ProfileName } from '../../../src/shared/ids.ts'
import {
  type KeyReplacement,
  MAX_TEXT_BYTES,
  type Message,
  type Person,
  type PersonConversation,
} from '../../../src/shared/model.ts'
import { albasProfile, conversation, isWithPerson, leo, maya, message, person } from './people.ts'
import type { Stage } from './stage.ts'

const strangers = [person(50, 'Tomas Kral', 'tomas'), person(51, 'Sana Noor', 'sana'), maya, leo]

/** As the states of the design show it. */
const CODE = ['K7QF', '9D2M', 'XW4T', 'B8HN', '3RPC', 'V6JY', 'Z15E', 'G1SA'] as const

/** Two contacts are still to be told. */
const REPLACEMENT: KeyReplacement = {
  done: [
    { what: 'device-removed', count: 1 },
    { what: 'new-keys', count: 1 },
    { what: 'contacts', count: 7 },
  ],
  open: [{ what: 'contacts', count: 2 }],
}

export function stageHandlers(stage: Stage): Handlers {
  const now = () => Instant.parse(Date.now())
  const done = () => answer(null)

  function rowOf(account: AccountId): PersonConversation | undefined {
    return stage.snapshot.conversations.filter(isWithPerson).find((row) => row.person.account === account)
  }

  function changePerson(account: AccountId, part: Partial<Person>) {
    const row = rowOf(account)
    if (!row) return refuse('no-such-person')
    const changed = { ...row.person, ...part }
    stage.commit({ kind: 'conversation', conversation: { ...row, person: changed } })
    return answer(changed)
  }

  return {
    getSnapshot: async () => answer(stage.snapshot),
    createProfile: async ({ name, username, relay }) => {
      if (username === 'taken') return refuse('username-taken')
      const profile = { ...albasProfile, name, username, relay }
      stage.commit({ kind: 'profile', profile }, { kind: 'stage', stage: { stage: 'open' } })
      return answer(profile)
    },
    openProfile: async () => {
      stage.commit({ kind: 'profile', profile: albasProfile }, { kind: 'stage', stage: { stage: 'open' } })
      return done()
    },
    openWithRecoveryCode: async ({ code }) => {
      if (code.replaceAll(/\s/g, '') !== CODE.join('')) return refuse('wrong-code')
      stage.commit({ kind: 'profile', profile: albasProfile }, { kind: 'stage', stage: { stage: 'open' } })
      return done()
    },
    revealRecoveryCode: async () => answer({ groups: [...CODE] }),
    confirmRecoveryCode: async ({ third, seventh }) => {
      if (third !== CODE[2] || seventh !== CODE[6]) return refuse('wrong-code')
      stage.commit({ kind: 'recovery', recovery: 'confirmed' })
      return done()
    },
    checkRecoveryCode: async ({ code }) => (code === CODE.join(' ') ? done() : refuse('wrong-code')),
    installUpdate: async () => done(),
    updateProfile: async ({ name }) => {
      const profile = { ...(stage.snapshot.profile ?? albasProfile), name }
      stage.commit({ kind: 'profile', profile })
      return answer(profile)
    },
    updateSettings: async (part) => {
      const settings = { ...stage.snapshot.settings, ...JSON.parse(JSON.stringify(part)) }
      stage.commit({ kind: 'settings', settings })
      return answer(settings)
    },
    findPerson: async ({ username }) => {
      const known = [...stage.snapshot.conversations.flatMap((row) => row.person ?? []), ...strangers]
      const found = known.find((one) => one.username === username)
      return found ? answer(found) : refuse('no-such-person')
    },
    openConversation: async ({ account }) => {
      const known = rowOf(account)
      if (known) return answer(known)
      const stranger = strangers.find((one) => one.account === account)
      if (!stranger) return refuse('no-such-person')
      const row = conversation(stranger, { state: 'outgoing-request', lastAt: now() })
      stage.commit({ kind: 'conversation', conversation: row })
      return answer(row)
    },
    acceptRequest: async ({ conversation: id }) => {
      stage.commit({ kind: 'conversation', conversation: { ...stage.conversation(id), state: 'open' } })
      return done()
    },
    refuseRequest: async ({ conversation: id }) => {
      stage.commit({ kind: 'conversation-gone', conversation: id })
      return done()
    },
    blockPerson: async ({ account }) => {
      changePerson(account, { blocked: true })
      return done()
    },
    unblockPerson: async ({ account }) => {
      changePerson(account, { blocked: false })
      return done()
    },
    sendMessage: async ({ conversation: id, text }) => {
      if (new TextEncoder().encode(text).length > MAX_TEXT_BYTES) return refuse('too-long')
      const row = stage.conversation(id)
      const position = Math.max(0, ...stage.of(id).map((known) => known.position)) + 1
      const me = { ...maya, account: albasProfile.account }
      const sent: Message = message(row.person ?? me, me, position, Date.now(), text, { state: 'waiting' })
      const last = { id: sent.id, own: true, at: sent.sentAt, content: sent.content, delivery: sent.delivery }
      stage.commit(
        { kind: 'message', message: sent },
        { kind: 'conversation', conversation: { ...row, last, lastAt: sent.sentAt, draft: '' } },
      )
      return answer(sent)
    },
    retryMessage: async ({ message: id }) => {
      const found = stage.messages.find((known) => known.id === id)
      if (!found) return refuse('no-such-message')
      stage.commit({ kind: 'message', message: { ...found, delivery: { state: 'waiting' } } })
      return done()
    },
    deleteMessage: async ({ message: id }) => {
      const found = stage.messages.find((known) => known.id === id)
      if (!found) return refuse('no-such-message')
      stage.commit({ kind: 'message-gone', conversation: found.conversation, message: id })
      return done()
    },
    editMessage: async ({ message: id, text }) => {
      const found = stage.messages.find((known) => known.id === id)
      if (!found) return refuse('no-such-message')
      const changed: Message = { ...found, content: { kind: 'text', text }, editedAt: now() }
      stage.commit({ kind: 'message', message: changed })
      return answer(changed)
    },
    recallMessages: async ({ messages }) => {
      for (const id of messages) {
        const found = stage.messages.find((known) => known.id === id)
        if (!found) return refuse('no-such-message')
        stage.commit({ kind: 'message', message: { ...found, content: { kind: 'deleted' } } })
      }
      return done()
    },
    listEdits: async ({ message: id }) => {
      const found = stage.messages.find((known) => known.id === id)
      if (found?.content.kind !== 'text') return refuse('no-such-message')
      const versions = [
        { at: found.sentAt, text: 'As it was said first' },
        { at: found.editedAt ?? found.sentAt, text: found.content.text },
      ]
      return answer({ versions: found.editedAt === null ? [] : versions })
    },
    listMessages: async ({ conversation: id, before, limit }) => {
      const all = stage.of(id)
      const end = before ? all.findIndex((known) => known.id === before) : all.length
      return answer({ messages: all.slice(Math.max(0, end - limit), end), hasEarlier: end > limit })
    },
    markRead: async ({ conversation: id, upTo }) => {
      const all = stage.of(id)
      const rest = all.slice(all.findIndex((known) => known.id === upTo) + 1).filter((known) => !known.own)
      const row = stage.conversation(id)
      const unread = Math.min(row.unread, rest.length)
      const firstUnread = unread > 0 ? (rest.at(-unread)?.id ?? null) : null
      stage.commit({ kind: 'conversation', conversation: { ...row, unread, firstUnread } })
      return done()
    },
    setTyping: async () => done(),
    saveDraft: async ({ conversation: id, text }) => {
      stage.commit({ kind: 'conversation', conversation: { ...stage.conversation(id), draft: text } })
      return done()
    },
    getSafetyNumber: async ({ account }) => {
      const row = rowOf(account)
      if (!row) return refuse('no-such-person')
      return answer({ digits: '381729045561230877641092855417029634481073305198266074135592', person: row.person })
    },
    setVerified: async ({ account, verified }) =>
      changePerson(account, { safety: verified ? { state: 'verified', at: now() } : { state: 'unverified' } }),
    acceptSafetyNumber: async ({ account }) => changePerson(account, { safety: { state: 'unverified' } }),
    listDevices: async () => answer(stage.snapshot.devices),
    renameDevice: async ({ device, name }) => {
      const devices = stage.snapshot.devices.map((one) => (one.device === device ? { ...one, name } : one))
      stage.commit({ kind: 'devices', devices })
      return answer(devices)
    },
    revokeDevice: async ({ device }) => {
      const devices = stage.snapshot.devices.filter((one) => one.device !== device)
      stage.commit({ kind: 'devices', devices })
      return answer(devices)
    },
    replaceKeys: async ({ revoke }) => {
      const devices = stage.snapshot.devices.filter((one) => one.device !== revoke)
      stage.commit({ kind: 'devices', devices })
      return answer(REPLACEMENT)
    },
    getKeyReplacement: async () => answer(null),
    getRelayView: async () =>
      answer({
        relay: 'this computer',
        address: '127.0.0.1:49217',
        at: now(),
        held: [
          held('envelope-from-me', 496, '330a2105f29c8e41b07c55d2e19f004a7bd31c', 'Maya Lindqvist'),
          held('envelope-from-me', 496, '330a21050b71d45e90aa1273cf66d8214be07f', 'Maya Lindqvist'),
          { ...held('one-time-prekeys', 3300, '057de12298b1'), count: 98 },
          held('signed-prekey', 33, '05aa17c3e2'),
          held('last-resort-prekey', 1569, '08d1903c47'),
          held('identity-key', 33, '05c9401f'),
          { ...held('last-seen', null, ''), at: now() },
        ],
      }),
    reconnect: async () => {
      stage.commit({ kind: 'connection', connection: { state: 'online', since: now() } })
      return done()
    },
    openSecondProfile: async () => answer({ profile: ProfileName.parse('second') }),
  }

  function held(
    what:
      | 'envelope-from-me'
      | 'one-time-prekeys'
      | 'signed-prekey'
      | 'last-resort-prekey'
      | 'identity-key'
      | 'last-seen',
    size: number | null,
    bytes: string,
    with_: string | null = null,
  ) {
    return { what, with: with_, count: null, size, at: what.startsWith('envelope') ? now() : null, bytes }
  }
}
