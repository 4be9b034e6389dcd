// What the scripted engine answers to each call.

import { answer, refuse } from '../../../src/shared/answer.ts'
import type { Handlers } from '../../../src/shared/api.ts'
import { fromBase64, toBase64 } from '../../../src/shared/base64.ts'
import { type AccountId, type ConversationId, Instant, ProfileName } from '../../../src/shared/ids.ts'
import type { Invitation } from '../../../src/shared/invitation.ts'
import { readInvitationLink, writeInvitation } from '../../../src/shared/invitation-link.ts'
import { MAX_TEXT_BYTES } from '../../../src/shared/limits.ts'
import {
  type Conversation,
  DeviceName,
  type KeyReplacement,
  type Message,
  type Person,
  type PersonConversation,
} from '../../../src/shared/model.ts'
import { happened, inWalk, walk } from './group.ts'
import { groupHandlers } from './group-handlers.ts'
import { alba, albasProfile, conversation, isWithPerson, leo, maya, message, person } from './people.ts'
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
const DIGITS = '381729045561230877641092855417029634481073305198266074135592'
/** As long as a real one is. */
export const SCANNABLE = toBase64(new Uint8Array(74).map((_, at) => (at === 0 ? 8 : at === 1 ? 2 : (at * 37) % 256)))
/** A picture: one pixel, as WebP. */
const LEAF = 'UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA='
/** That of everybody here. */
export const HINT = '0123456789abcdef0123456789abcdef'

export function stageHandlers(stage: Stage): Handlers {
  const pictures = new Map<string, string>()
  const now = () => Instant.parse(Date.now())
  const done = () => answer(null)
  let passphrase = 'correct horse'

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

  function changeRow(id: ConversationId, part: Partial<Pick<Conversation, 'muted' | 'archived' | 'pinned'>>) {
    const changed: Conversation = { ...stage.conversation(id), ...part }
    stage.commit({ kind: 'conversation', conversation: changed })
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
    beginLink: async () => {
      const shown = { code: 'AB12-CD34', link: 'sotto:link?code=AB12CD34' }
      stage.commit({
        kind: 'linking',
        linking: { state: 'waiting', ...shown, expiresAt: Instant.parse(Date.now() + 600_000) },
      })
      return answer(shown)
    },
    joinLink: async ({ code }) => {
      if (code.replace('-', '') !== 'AB12CD34') return refuse('no-such-link')
      const words = ['river', 'lunar', 'copper', 'swift']
      const deviceName = DeviceName.parse('Laptop')
      stage.commit({ kind: 'linking', linking: { state: 'comparing', words, decides: true, deviceName } })
      return done()
    },
    confirmLink: async ({ same }) => {
      const linking = same
        ? { state: 'done' as const }
        : { state: 'failed' as const, failure: { code: 'link-refused' as const } }
      stage.commit({ kind: 'linking', linking })
      return done()
    },
    stopHistory: async () => {
      const { arriving, leaving } = stage.snapshot.history
      stage.commit({ kind: 'history', history: { arriving: arriving && { ...arriving, state: 'stopped' }, leaving } })
      return done()
    },
    resumeHistory: async () => {
      const { arriving, leaving } = stage.snapshot.history
      stage.commit({ kind: 'history', history: { arriving: arriving && { ...arriving, state: 'arriving' }, leaving } })
      return done()
    },
    cancelLink: async () => {
      stage.commit({ kind: 'linking', linking: { state: 'none' } })
      return done()
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
    setPassphrase: async ({ passphrase: chosen }) => {
      passphrase = chosen
      stage.commit({ kind: 'lock', lock: { passphrase: true, idleMinutes: 5 } })
      return done()
    },
    changePassphrase: async ({ old, passphrase: chosen }) => {
      if (old !== passphrase) return refuse('wrong-passphrase')
      passphrase = chosen
      return done()
    },
    removePassphrase: async ({ passphrase: given }) => {
      if (given !== passphrase) return refuse('wrong-passphrase')
      stage.commit({ kind: 'lock', lock: { passphrase: false, idleMinutes: null } })
      return done()
    },
    setIdleLock: async ({ minutes }) => {
      stage.commit({ kind: 'lock', lock: { passphrase: true, idleMinutes: minutes } })
      return done()
    },
    lock: async () => {
      if (!stage.snapshot.lock.passphrase) return refuse('no-passphrase')
      stage.commit({ kind: 'stage', stage: { stage: 'locked', nextTryAt: null } })
      return done()
    },
    unlock: async ({ passphrase: given }) => {
      if (given !== passphrase) return refuse('wrong-passphrase')
      stage.commit(
        { kind: 'profile', profile: albasProfile },
        ...stage.snapshot.conversations.map((row) => ({ kind: 'conversation', conversation: row }) as const),
        { kind: 'stage', stage: { stage: 'open' } },
      )
      return done()
    },
    acknowledgeRestore: async () => {
      stage.commit({ kind: 'restored', at: null })
      return done()
    },
    createBackup: async () => {
      const made = now()
      const place = '/media/alba/Backups'
      stage.commit({ kind: 'backup', backup: { place, lastAt: made, work: null } })
      return answer({ made, rows: 1200, segments: 14, added: 2 })
    },
    cancelBackup: async () => {
      stage.commit({ kind: 'backup', backup: { ...stage.snapshot.backup, work: null } })
      return done()
    },
    verifyBackup: async () => answer({ made: now(), segments: 14 }),
    chooseBackup: async () => answer({ place: '/media/alba/Backups' }),
    restoreBackup: async ({ code }) => {
      if (code.replaceAll(/\s/g, '') !== CODE.join('')) return refuse('wrong-code')
      stage.commit({ kind: 'profile', profile: albasProfile }, { kind: 'stage', stage: { stage: 'open' } })
      return done()
    },
    exportHistory: async () =>
      answer({ path: '/home/alba/Sotto export 2026-11-20 14.40.00', conversations: 8, messages: 20 }),
    importHistory: async () => answer({ added: 20, known: 0, skipped: 1 }),
    installUpdate: async () => done(),
    updateProfile: async ({ name, about }) => {
      const before = stage.snapshot.profile ?? albasProfile
      const profile = { ...before, name: name ?? before.name, about: about ?? before.about }
      stage.commit({ kind: 'profile', profile })
      return answer(profile)
    },
    setAvatar: async ({ picture }) => {
      const id = picture === null ? null : 'a'.repeat(63) + (picture.length % 10)
      if (id !== null && picture !== null) pictures.set(id, picture)
      const profile = { ...(stage.snapshot.profile ?? albasProfile), avatar: id }
      stage.commit({ kind: 'profile', profile })
      return answer(profile)
    },
    getAvatar: async ({ account }) => {
      const own = account === albasProfile.account
      const id = own ? (stage.snapshot.profile?.avatar ?? null) : (rowOf(account)?.person.avatar ?? null)
      const picture = id === null ? undefined : (pictures.get(id) ?? LEAF)
      return answer(id === null || picture === undefined ? null : { id, mediaType: 'image/webp', picture })
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
    listPeople: async ({ which }) => {
      const people = stage.snapshot.conversations
        .filter(isWithPerson)
        .map((row) => row.person)
        .filter((one) => one.account !== alba.account)
      return answer(people.filter((one) => which === 'all' || one.blocked))
    },
    setNickname: async ({ account, nickname }) => {
      const person = rowOf(account)?.person
      return changePerson(account, { nickname, name: nickname ?? person?.profileName ?? '' })
    },
    setNote: async ({ account, note }) => changePerson(account, { note }),
    setMuted: async ({ conversation: id, until }) => changeRow(id, { muted: until }),
    setArchived: async ({ conversation: id, archived }) => changeRow(id, { archived }),
    setPinned: async ({ conversation: id, pinned }) => changeRow(id, { pinned }),
    getInvitation: async () => {
      const { username, relay } = stage.snapshot.profile ?? albasProfile
      const invitation: Invitation = { relay, username, hint: HINT, code: null }
      const link = writeInvitation(invitation)
      return link === undefined ? refuse('relay-without-tls') : answer({ link, invitation })
    },
    readInvitation: async ({ link }) => {
      const invitation = readInvitationLink(link)
      if (invitation === undefined) return refuse('not-an-invitation')
      const here = stage.snapshot.profile
      if (here === null) return refuse('no-profile')
      if (here.username === invitation.username) return answer({ invitation, standing: 'oneself', person: null })
      if (here.relay.kind !== invitation.relay.kind)
        return answer({ invitation, standing: 'another-relay', person: null })
      const person = strangers.find((one) => one.username === invitation.username) ?? null
      const standing = person === null ? 'nobody' : invitation.hint === HINT ? 'fits' : 'does-not-fit'
      return answer({ invitation, standing, person: null })
    },
    acceptInvitation: async ({ link }) => {
      const invitation = readInvitationLink(link)
      const stranger = strangers.find((one) => one.username === invitation?.username)
      if (!stranger) return refuse('no-such-person')
      const row = rowOf(stranger.account) ?? conversation(stranger, { state: 'outgoing-request', lastAt: now() })
      stage.commit({ kind: 'conversation', conversation: row })
      return answer(row)
    },
    dismissLink: async () => {
      stage.commit({ kind: 'opened-link', openedLink: { state: 'none' } })
      return done()
    },
    checkScannedSafetyNumber: async ({ scanned }) => {
      if (scanned.trim() === SCANNABLE) return answer({ matches: true, digits: DIGITS })
      return fromBase64(scanned.trim())?.length === 74
        ? answer({ matches: false, digits: DIGITS })
        : refuse('unreadable-code')
    },
    dismissContradiction: async () => {
      stage.commit({ kind: 'contradiction', contradiction: null })
      return done()
    },
    sendMessage: async ({ conversation: id, text }) => {
      if (new TextEncoder().encode(text).length > MAX_TEXT_BYTES) return refuse('too-long')
      const row = stage.conversation(id)
      const position = Math.max(0, ...stage.of(id).map((known) => known.position)) + 1
      const me = { ...maya, account: albasProfile.account }
      const sent: Message = {
        ...message(row.person ?? me, me, position, Date.now(), text, { state: 'waiting' }),
        conversation: id,
      }
      const { content, delivery } = sent
      const last = { id: sent.id, own: true, authorName: null, at: sent.sentAt, content, delivery }
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
        // In a group the log says who takes back what others said.
        if (found.conversation === walk && !found.own) {
          const accounts = [{ account: found.author, name: found.authorName ?? '' }]
          const position = Math.max(...stage.of(walk).map((known) => known.position)) + 1
          const told = happened('recalled', alba, { accounts, value: '1' })
          stage.commit({ kind: 'message', message: inWalk(alba, position, Date.now(), told) })
        }
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
      return answer({ digits: DIGITS, scannable: SCANNABLE, person: row.person })
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
    ...groupHandlers(stage),
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
