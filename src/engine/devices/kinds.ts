// What the person's devices agree about, kind by kind: what to tell a device that knows nothing, and what a record does.
//
// A key is a kind and what it is about: `draft/person:…`. Values are JSON. A kind or a value that this version does not
// know is kept for whoever asks, and changes nothing.

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { z } from 'zod'
import { AccountId, ConversationId, GroupId, MessageId, personConversation, Username } from '../../shared/ids.ts'
import { About, ConversationState, DisplayName, PersonNote, type Settings } from '../../shared/model.ts'
import type { Sql } from '../../shared/sql.ts'
import { strangersName } from '../messages/strangers-name.ts'
import type { Own } from '../own.ts'
import { sameBytes } from '../signal/bytes.ts'
import { rename, takeAbout } from '../storage/account.ts'
import {
  allConversations,
  type ConversationRow,
  findConversation,
  removeConversation,
  setConversationState,
  setReadPosition,
} from '../storage/conversations.ts'
import { addGroup, allGroups } from '../storage/groups.ts'
import { allIdentities, readIdentity, unverifyIdentity, verifyIdentity, writeIdentity } from '../storage/identities.ts'
import { findMessage, lastReadMessage, releaseHeld } from '../storage/messages.ts'
import {
  allPeople,
  type PersonRow,
  rememberPerson,
  setBlocked,
  setNickname,
  setNote,
  setUsername,
  takeProfile,
} from '../storage/people.ts'
import { readSettings, writeSettings } from '../storage/settings.ts'
import type { Touched } from '../touched.ts'
import type { Told } from './apply.ts'
import { type Agreed, beginConversation, ofConversations } from './of-conversations.ts'

interface Kind {
  /** Everything of this kind as it stands here: what it is about, and its value. */
  compose(sql: Sql, own: Own): Iterable<readonly [about: string, value: unknown]>
  /** In a transaction. False: it means nothing to this version. */
  apply(told: Told, about: string, value: unknown): boolean
  /** In a transaction: as apply, of one that was set before the newest, and is heard behind it. Undefined: it is over. */
  late?(told: Told, about: string, value: unknown): boolean
}

function kind<Value>(
  schema: z.ZodType<Value>,
  compose: (sql: Sql, own: Own) => Iterable<readonly [string, Value]>,
  apply: (told: Told, about: string, value: Value) => void,
  late?: (told: Told, about: string, value: Value) => void,
): Kind {
  const parsing = (then: typeof apply) => (told: Told, about: string, value: unknown) => {
    const parsed = schema.safeParse(value)
    if (parsed.success) then(told, about, parsed.data)
    return parsed.success
  }
  return { compose, apply: parsing(apply), ...(late && { late: parsing(late) }) }
}

const Key = z.string().regex(/^[0-9a-f]{66}$/)

/** Looks are of the screen, and stay on the device. */
export const SHARED_SETTINGS = ['readReceipts', 'typingIndicators'] as const

const setting = kind(
  z.boolean(),
  (sql) => {
    const settings = readSettings(sql)
    return SHARED_SETTINGS.map((name) => [name, settings[name]] as const)
  },
  (told, about, value) => {
    const name = SHARED_SETTINGS.find((one) => one === about)
    if (name === undefined) return
    const settings: Settings = { ...readSettings(told.sql), [name]: value }
    writeSettings(told.sql, settings)
    told.settings(settings)
  },
)

const profile = kind(
  z.object({ name: DisplayName, version: z.int().min(1) }),
  (_, own) => [['', { name: own.name, version: own.profileVersion }] as const],
  (told, _, { name, version }) =>
    nameOneself(told, name, versionAbove(told.own.profileVersion, version, name === told.own.name)),
  (told, _, { name, version }) =>
    nameOneself(told, told.own.name, versionAbove(version, told.own.profileVersion, name === told.own.name)),
)

/**
 * Of what two devices set at once one counts for both; whoever was told the other version has to see that it is a newer one.
 * @param other version, that is not to count.
 */
function versionAbove(other: number, version: number, isSame: boolean): number {
  return Math.max(version, isSame ? other : other + 1)
}

function nameOneself(told: Told, name: string, version: number): void {
  if (name === told.own.name && version === told.own.profileVersion) return
  rename(told.sql, name, version)
  takeProfile(told.sql, told.own.account, { name, version })
  told.touched.renamed(told.own.account)
  told.profile(name, version)
}

/** What one says about oneself; the picture is put there on each device. */
const details = kind(
  z.object({ about: About, version: z.int().min(0) }),
  (_, own) => [['', { about: own.about, version: own.detailsVersion }] as const],
  (told, _, { about, version }) =>
    tellOfOneself(told, about, versionAbove(told.own.detailsVersion, version, about === told.own.about)),
  (told, _, { about, version }) =>
    tellOfOneself(told, told.own.about, versionAbove(version, told.own.detailsVersion, about === told.own.about)),
)

function tellOfOneself(told: Told, about: string, version: number): void {
  if (about === told.own.about && version === told.own.detailsVersion) return
  takeAbout(told.sql, about, version)
  told.details(about, version)
}

/** Who somebody is: also the key they are known by, so that a new device trusts nobody's word at first sight. */
const Known = z.object({ username: Username, name: z.string().max(64), version: z.int().min(0), key: Key.optional() })
export const person = kind<z.infer<typeof Known>>(
  Known,
  (sql, own) => {
    const keys = new Map(allIdentities(sql).map(({ account, key }) => [account, bytesToHex(key)]))
    return allPeople(sql)
      .filter(({ account }) => account !== own.account)
      .map((row) => {
        const key = keys.get(row.account)
        const value = { username: row.username, name: row.name, version: row.profile_version }
        return [row.account, key === undefined ? value : { ...value, key }] as const
      })
  },
  ({ sql, now, touched, own }, about, { username, name, version, key }) => {
    const account = AccountId.safeParse(about).data
    if (account === undefined || account === own.account) return
    rememberPerson(sql, account, username)
    if (setUsername(sql, account, username)) touched.renamed(account)
    const displayed = DisplayName.safeParse(name)
    if (displayed.success && version > 0 && takeProfile(sql, account, { name: displayed.data, version }))
      touched.renamed(account)
    if (key !== undefined && readIdentity(sql, account) === undefined) {
      const pinned = { key: hexToBytes(key), firstSeen: now, verifiedAt: null, changedAt: null, wasVerified: false }
      writeIdentity(sql, account, { ...pinned, previousKey: null })
    }
    if (findConversation(sql, personConversation(account)) !== undefined)
      touched.conversation(personConversation(account))
  },
)

const conversation = kind(
  z.union([ConversationState, z.literal('gone')]),
  // Which groups there are is learned from the groups.
  (sql) => allConversations(sql).flatMap(({ id, kind: of, state }) => (of === 'group' ? [] : [[id, state] as const])),
  setState,
  // Accepting is for good, whatever was said on another device after it.
  (told, about, state) => {
    if (state === 'open') setState(told, about, state)
  },
)

function setState(told: Told, about: string, state: ConversationState | 'gone'): void {
  const id = ConversationId.safeParse(about).data
  if (id === undefined) return
  const { sql, touched } = told
  const known = findConversation(sql, id)
  touched.conversation(id)
  if (state === 'gone') {
    if (known?.state === 'incoming-request') removeConversation(sql, id)
    return
  }
  if (known === undefined) {
    begin(told, id, state)
    return
  }
  // Accepting is for good; nothing makes a request of it again.
  if (known.state === 'open' || state !== 'open') return
  setConversationState(sql, id, 'open')
  for (const row of releaseHeld(sql, id)) touched.message(row)
  setReadPosition(sql, id, known.read_position)
}

function begin({ sql, own, now }: Told, id: ConversationId, state: ConversationState): void {
  const account = AccountId.safeParse(id.slice('person:'.length)).data
  if (account === undefined) return
  rememberPerson(sql, account, account === own.account ? own.username : strangersName(account))
  beginConversation(sql, { id, kind: account === own.account ? 'notes' : 'person', account, state, last_at: now })
}

const draft = ofConversation(ofConversations.draft, (row) => (row.draft === '' ? null : row.draft))

/** Up to which message was read. Reading goes on, never back; a message that is not here yet is read when it comes. */
const read = kind<string>(
  z.string(),
  (sql) =>
    allConversations(sql).flatMap(({ id, read_position }) => {
      const last = lastReadMessage(sql, id, read_position)
      return last === undefined ? [] : [[id, last] as const]
    }),
  readOn,
  readOn,
)

function readOn({ sql, touched }: Told, about: string, value: string): void {
  const id = ConversationId.safeParse(about).data
  const message = MessageId.safeParse(value).data
  const known = id && findConversation(sql, id)
  const row = message && findMessage(sql, message)
  if (known === undefined || row?.conversation !== known.id || row.position <= known.read_position) return
  setReadPosition(sql, known.id, row.position)
  touched.conversation(known.id)
}

const blocked = kind(
  z.boolean(),
  (sql) => allPeople(sql).flatMap((row) => (row.blocked === 1 ? [[row.account, true] as const] : [])),
  ({ sql, touched, own }, about, value) => {
    const account = AccountId.safeParse(about).data
    if (account === undefined || account === own.account) return
    rememberPerson(sql, account, strangersName(account))
    setBlocked(sql, account, value)
    if (findConversation(sql, personConversation(account)) !== undefined)
      touched.conversation(personConversation(account))
  },
)

/** Somebody was compared with, under this very key. */
const verified = kind(
  z.object({ key: Key, verified: z.boolean() }),
  (sql) =>
    allIdentities(sql).flatMap(({ account, key, verified_at }) =>
      verified_at === null ? [] : [[account, { key: bytesToHex(key), verified: true }] as const],
    ),
  ({ sql, now, touched }, about, value) => {
    const account = AccountId.safeParse(about).data
    const pinned = account && readIdentity(sql, account)
    if (account === undefined || pinned === undefined || !sameBytes(pinned.key, hexToBytes(value.key))) return
    if (value.verified) verifyIdentity(sql, account, pinned.key, now)
    else unverifyIdentity(sql, account)
    touched.conversation(personConversation(account))
  },
)

/** [P171] What is kept about people and chats, for oneself. */
const nickname = ofPerson(
  z.string().max(64).nullable(),
  (row) => row.nickname,
  (sql, account, value, touched) => {
    setNickname(sql, account, value)
    touched.renamed(account)
  },
)
const note = ofPerson(
  PersonNote,
  (row) => (row.note === '' ? null : row.note),
  (sql, account, value) => setNote(sql, account, value),
)

function ofPerson<Value>(
  schema: z.ZodType<Value>,
  value: (row: PersonRow) => Value | null,
  write: (sql: Sql, account: AccountId, value: Value, touched: Touched) => void,
): Kind {
  return kind(
    schema,
    (sql) =>
      allPeople(sql).flatMap((row) => {
        const known = value(row)
        return known === null ? [] : [[row.account, known] as const]
      }),
    ({ sql, touched, own }, about, known) => {
      const account = AccountId.safeParse(about).data
      if (account === undefined || account === own.account) return
      rememberPerson(sql, account, strangersName(account))
      write(sql, account, known, touched)
      if (findConversation(sql, personConversation(account)) !== undefined)
        touched.conversation(personConversation(account))
    },
  )
}

const muted = ofConversation(ofConversations.muted, (row) => row.muted_until)
const archived = ofConversation(ofConversations.archived, (row) => (row.archived === 1 ? true : null))
const pinned = ofConversation(ofConversations.pinned, (row) => (row.pinned === 1 ? true : null))

function ofConversation<Value>({ schema, write }: Agreed<Value>, value: (row: ConversationRow) => Value | null): Kind {
  return kind(
    schema,
    (sql) =>
      allConversations(sql).flatMap((row) => {
        const known = value(row)
        return known === null ? [] : [[row.id, known] as const]
      }),
    ({ sql, touched }, about, known) => {
      const id = ConversationId.safeParse(about).data
      if (id === undefined || findConversation(sql, id) === undefined) return
      write(sql, id, known)
      touched.conversation(id)
    },
  )
}

/** [P95] A group one is in: each device follows it by itself, and is given its keys. */
const group = kind(
  z.literal(true),
  (sql) => allGroups(sql).flatMap(({ group_id, entered }) => (entered === 1 ? [[group_id, true] as const] : [])),
  (told, about) => {
    const id = GroupId.safeParse(about).data
    if (id === undefined) return
    addGroup(told.sql, id, 'removed', null)
    told.group(id)
  },
)

/** What the person calls a device. */
export const DeviceName = DisplayName
const device = kind(
  DeviceName,
  () => [],
  (told) => told.devices(),
)

/** In the order in which they are to be told: who somebody is comes before what was agreed about them. */
export const kinds: Readonly<Record<string, Kind>> = {
  profile,
  details,
  setting,
  device,
  person,
  conversation,
  blocked,
  verified,
  nickname,
  note,
  muted,
  archived,
  pinned,
  draft,
  read,
  group,
}
