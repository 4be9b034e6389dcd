// An account at work: its connection, inbox and outbox wired to each other, for as long as the profile is open.

import { type Answer, answer } from '../shared/answer.ts'
import { type AccountId, personConversation } from '../shared/ids.ts'
import type { Change, Conversation, Profile, RelayPlace, Settings } from '../shared/model.ts'
import { watchForContradictions } from './account/contradiction.ts'
import { announcement, noteUploaded, readyUploads, renewIfDue } from './account/prekeys.ts'
import { promiseToFriends } from './account/profile.ts'
import type { ChangeFeed } from './changes.ts'
import { showPersonConversation } from './conversations/show.ts'
import { createTyping, type Typing } from './conversations/typing.ts'
import type { CrashPoint } from './crash-points.ts'
import { createGroups, type Groups } from './groups/groups.ts'
import type { GroupNeeds } from './groups/needs.ts'
import { type ShowNeeds, showGroupConversation } from './groups/show.ts'
import { type Stored, storeOpened } from './messages/stored.ts'
import type { Own } from './own.ts'
import { type Avatars, createAvatars } from './people/avatars.ts'
import { checkUsername } from './people/check-username.ts'
import type { Ports } from './ports.ts'
import { createQueue, type Queue } from './queue.ts'
import { createGroupSessions } from './signal/group-sessions.ts'
import type { OwnAccount } from './signal/own-identity.ts'
import { createSignal, type Signal } from './signal/signal.ts'
import { countDetails, readAccount } from './storage/account.ts'
import { readAvatar } from './storage/avatars.ts'
import { type ConversationRow, findConversation } from './storage/conversations.ts'
import { ownGroupSession } from './storage/group-outbox.ts'
import { setRegistered } from './storage/own-state.ts'
import { readSettings } from './storage/settings.ts'
import { createConnection, type RelayConnection } from './sync/connection.ts'
import { createInbox, type Inbox } from './sync/inbox.ts'
import { introduce } from './sync/introduce.ts'
import { createOutbox, type Outbox } from './sync/outbox.ts'
import { createPeers, type Peers } from './sync/peers.ts'
import { createSeen } from './sync/seen.ts'
import { Touched } from './touched.ts'

/** How often the age of the signed prekeys is looked at while connected, in milliseconds. */
const RENEWAL_CHECK = 6 * 3_600_000

export interface Live {
  ports: Ports
  changes: ChangeFeed
  own: Own
  account: OwnAccount
  signal: Signal
  /** Everything that moves a ratchet or numbers a content goes through here, one at a time [P41]. */
  work: Queue
  connection: RelayConnection
  peers: Peers
  outbox: Outbox
  inbox: Inbox
  avatars: Avatars
  typing: Typing
  settings: Settings
  groups: Groups
  groupNeeds: GroupNeeds
  /** What groups are shown by. */
  showing(): ShowNeeds
  show: (id: Conversation['id']) => Conversation | undefined
  showRow: (row: ConversationRow) => Conversation
  /** After a commit. */
  tell(touched: Touched): void
  tellAlso(touched: Touched, ...changes: Change[]): void
  /** It has become an account: the window may open. */
  tellProfile(profile: Profile): void
  relay(): RelayPlace
  /** Crash tests stop here. */
  crash(point: CrashPoint): void
  close(): Promise<void>
}

export function createLive(ports: Ports, changes: ChangeFeed, account: OwnAccount): Live {
  const { sql, clock, log, random } = ports
  const stored = readAccount(sql)
  if (stored === undefined) throw new Error('an account at work that is not stored')
  const own: Own = {
    account: account.account,
    device: account.device,
    username: stored.username,
    name: stored.name,
    profileVersion: stored.profileVersion,
    about: stored.about,
    detailsVersion: stored.detailsVersion,
    avatar: readAvatar(sql, account.account)?.pointer ?? undefined,
  }
  const crash = ports.crash ?? (() => undefined)
  const signal = createSignal(ports, account)
  const work = createQueue()
  const typing = createTyping(clock, (person) => {
    const touched = new Touched()
    touched.conversation(personConversation(person))
    tell(touched)
  })
  const showing = (): ShowNeeds => ({ sql, states: groups.states, own: own.account, now: clock.now() })
  const showRow = (row: ConversationRow): Conversation =>
    row.kind === 'group' ? showGroupConversation(showing(), row) : showPersonConversation(sql, row, typing.isTyping)
  const show = (id: Conversation['id']) => {
    const row = findConversation(sql, id)
    return row === undefined ? undefined : showRow(row)
  }

  function tell(touched: Touched): void {
    changes.tell(touched.changes(show))
  }

  // A relay that was set up anew, or put back from an old copy, has to be told again who we are.
  let forgotten = false
  const connection = createConnection(
    {
      wire: ports.wire,
      clock,
      random,
      log,
      findRelay: () => ports.findRelay(stored.relay),
      introduce: (welcome) => introduce(sql, account, welcome, forgotten),
    },
    {
      stateChanged(state) {
        if (state.state === 'offline' || state.state === 'refused') inbox.forget()
        changes.tell([{ kind: 'connection', connection: state }])
      },
      unknownToRelay() {
        if (forgotten) return false
        forgotten = true
        return true
      },
      async introduced() {
        forgotten = false
        setRegistered(sql)
        const provided = await provideKeys()
        if (provided.ok) {
          outbox.kick()
          groups.connected()
          lookForContradiction()
          avatars.kick()
        }
        return provided
      },
      delivered: (envelopes) => inbox.take(envelopes),
      keysDepleted: provideKeysNow,
      streamGrew: (push) => groups.grew(push),
    },
  )

  const lookForContradiction = watchForContradictions({
    sql,
    clock,
    log,
    connection,
    account,
    tell: (contradiction) => changes.tell([{ kind: 'contradiction', contradiction }]),
  })

  /**
   * [P30–P32] Tells the relay which keys there are, and brings what it lacks. One at a time, and asked anew each time:
   * two answers to the same lack would be too many.
   */
  const provisions = createQueue()
  function provideKeys(): Promise<Answer<null>> {
    return provisions.run(async () => {
      renewIfDue(ports, account)
      watchRenewal()
      const needed = await connection.ask({ case: 'announceKeys', value: announcement(sql, account) }, 'keysNeeded')
      if (!needed.ok) return needed
      for (const frame of readyUploads(ports, account, needed.value)) {
        crash('prekeys.ready')
        const uploaded = await connection.ask({ case: 'uploadKeys', value: frame }, 'keysUploaded')
        crash('prekeys.uploaded')
        if (!uploaded.ok) return uploaded
      }
      noteUploaded(sql)
      return answer(null)
    })
  }

  function provideKeysNow(): void {
    provideKeys().then(
      (provided) => {
        if (!provided.ok) log.warn('prekeys.not-provided', { code: provided.failure.code })
      },
      () => log.error('prekeys.provide'),
    )
  }

  /** [P38] Also for who stays connected for weeks. Who is not connects anew, and provides then. */
  let callOffRenewal = (): void => {}
  function watchRenewal(): void {
    callOffRenewal()
    callOffRenewal = clock.after(RENEWAL_CHECK, () => {
      if (connection.state().state === 'online') provideKeysNow()
    })
  }

  const peers = createPeers({ sql, clock, random, log, work, signal, connection, tell, crash })
  const outbox = createOutbox({
    sql,
    clock,
    log,
    work,
    signal,
    connection,
    peers,
    registrationId: account.registrationId,
    tell,
    crash,
  })

  const groupNeeds: GroupNeeds = {
    sql,
    clock,
    random,
    log,
    work,
    signal,
    sessions: createGroupSessions(account),
    connection,
    peers,
    own,
    account,
    hasOtherDevices: () => false,
    lostDevices: ({ group }) => ownGroupSession(sql, group)?.lost ?? false,
    tell,
    crash,
  }
  const groups = createGroups(groupNeeds)
  const avatars = createAvatars({
    ports,
    connection,
    relay: () => stored.relay,
    own,
    tell,
    work,
    announce(renewed) {
      countDetails(sql)
      promiseToFriends({ sql, clock, random, own: renewed })
    },
    announced: () => outbox.kick(),
  })

  let latest: Stored | undefined
  const owed = new Set<AccountId>()
  const inbox = createInbox({
    sql,
    clock,
    log,
    work,
    signal,
    connection,
    seen: createSeen(sql, clock),
    own,
    crash,
    store(opened, unit) {
      latest = storeOpened(
        { sql, clock, random, log, own, signal, settings: live.settings, keep: groups.keep },
        opened,
        unit,
      )
    },
    stored() {
      if (latest === undefined) return
      const { touched, toKick, strangers, typing: heard, hasNewPictures, kept } = latest
      latest = undefined
      tell(touched)
      for (const { account: person, active } of heard) typing.heard(person, active)
      for (const recipient of toKick) owed.add(recipient)
      if (kept) groups.kept()
      if (hasNewPictures) avatars.kick()
      for (const stranger of strangers) checkUsername({ sql, connection, log, tell }, stranger)
    },
    rested() {
      for (const recipient of owed) outbox.kick(recipient)
      owed.clear()
    },
  })

  const live: Live = {
    ports,
    changes,
    own,
    account,
    signal,
    work,
    connection,
    peers,
    outbox,
    inbox,
    avatars,
    typing,
    settings: readSettings(sql),
    groups,
    groupNeeds,
    showing,
    show,
    showRow,
    tell,
    tellAlso(touched, ...more) {
      changes.tell([...more, ...touched.changes(show)])
    },
    tellProfile(profile) {
      changes.tell([
        { kind: 'profile', profile },
        { kind: 'stage', stage: { stage: 'open' } },
        { kind: 'connection', connection: connection.state() },
      ])
    },
    relay: () => stored.relay,
    crash,
    async close() {
      outbox.stop()
      groups.stop()
      connection.stop()
      typing.stop()
      avatars.stop()
      callOffRenewal()
      await avatars.idle()
      await inbox.idle()
      await outbox.idle()
      await groups.idle()
      await work.idle()
    },
  }
  return live
}
