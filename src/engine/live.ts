// An account at work: its connection, inbox and outbox wired to each other, for as long as the profile is open.

import type { SignedDeviceList } from '../protocol/generated/relay_pb.ts'
import { newestEpoch } from '../protocol/groups/state.ts'
import { type Answer, answer } from '../shared/answer.ts'
import { type AccountId, type GroupId, MessageId, personConversation, uuidToBytes } from '../shared/ids.ts'
import type { Change, Conversation, Message, Profile, RelayPlace, Settings } from '../shared/model.ts'
import { watchForContradictions } from './account/contradiction.ts'
import { announcement, noteUploaded, readyUploads, renewIfDue } from './account/prekeys.ts'
import { promiseToFriends } from './account/profile.ts'
import { readOwn } from './account/read-own.ts'
import { showProfile } from './account/show-profile.ts'
import type { ChangeFeed } from './changes.ts'
import { showPersonConversation } from './conversations/show.ts'
import { createTyping, type Typing } from './conversations/typing.ts'
import type { CrashPoint } from './crash-points.ts'
import { createDrafts, type Drafts } from './devices/drafts.ts'
import { showDevices } from './devices/list.ts'
import { type OwnListNeeds, provesRemoval, renewList, takeOwnList } from './devices/own-list.ts'
import { type Renewal, takeReplacement } from './devices/replace-keys.ts'
import { announce } from './devices/tell.ts'
import { createGroups, type Groups } from './groups/groups.ts'
import type { GroupNeeds } from './groups/needs.ts'
import { type ShowNeeds, showGroupConversation } from './groups/show.ts'
import { createHistoryTransfer, type HistoryTransfer } from './history/history.ts'
import { createLinkAnother, type LinkAnother } from './linking/link-another.ts'
import { createLook } from './look.ts'
import { type ReadContent, writeContent } from './messages/content.ts'
import { noteUnlistedDevice, type Stored, storeOpened } from './messages/stored.ts'
import type { Own } from './own.ts'
import { type Avatars, createAvatars } from './people/avatars.ts'
import { checkUsername } from './people/check-username.ts'
import type { Ports } from './ports.ts'
import { createQueue, type Queue } from './queue.ts'
import { createGroupSessions } from './signal/group-sessions.ts'
import type { OwnAccount } from './signal/own-identity.ts'
import { createSignal, type Signal } from './signal/signal.ts'
import { countDetails, readAccount } from './storage/account.ts'
import { type ConversationRow, findConversation } from './storage/conversations.ts'
import { ownGroupSession } from './storage/group-outbox.ts'
import { type MessageRow, showMessage } from './storage/messages.ts'
import { addToOutbox } from './storage/outbox.ts'
import { readOwnState, setRegistered } from './storage/own-state.ts'
import { readSettings } from './storage/settings.ts'
import { createConnection, type RelayConnection } from './sync/connection.ts'
import { createInbox, type Inbox } from './sync/inbox.ts'
import { introduce } from './sync/introduce.ts'
import { createLists, type Lists } from './sync/lists.ts'
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
  drafts: Drafts
  linkAnother: LinkAnother
  history: HistoryTransfer
  settings: Settings
  lists: Lists
  ownList: OwnListNeeds
  /** After a commit that has to do with the own devices. */
  devicesChanged(): void
  /** After a commit in which something was announced to the own devices, if there are any. */
  kickOwn(): void
  groups: Groups
  groupNeeds: GroupNeeds
  /** What groups are shown by. */
  showing(): ShowNeeds
  show: (id: Conversation['id']) => Conversation | undefined
  showRow: (row: ConversationRow) => Conversation
  showMessage: (row: MessageRow) => Message
  /** After a commit. */
  tell(touched: Touched): void
  tellAlso(touched: Touched, ...changes: Change[]): void
  /** It has become an account: the window may open. */
  tellProfile(profile: Profile): void
  relay(): RelayPlace
  /** [P97] From here on this Live is over: another one takes its place. */
  renew(renewal: Renewal): Promise<void>
  /** [P95] This device is none of the account's any more: nothing is asked or done. */
  isRemoved(): boolean
  /** Crash tests stop here. */
  crash(point: CrashPoint): void
  close(): Promise<void>
}

/** @param renew closes this one, and goes on under another identity key. Settles when that is at work. */
export function createLive(
  ports: Ports,
  changes: ChangeFeed,
  account: OwnAccount,
  renew: (renewal: Renewal) => Promise<void>,
): Live {
  const { sql, clock, log, random } = ports
  const stored = readAccount(sql)
  if (stored === undefined) throw new Error('an account at work that is not stored')
  const own = readOwn(sql, account)
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

  const look = createLook(sql, show)

  function tell(touched: Touched): void {
    changes.tell(touched.changes(look))
    if (touched.hasForOwn) outbox.kick(own.account)
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
        if (state.state === 'online') history.kick()
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
      notListed: (list) =>
        work.run(async () => {
          if (readOwnState(sql).listDoubtful) return renewList(ownList, list)
          if (!provesRemoval(ownList, list)) return 'not-proven'
          takeOwnList(ownList, account.identity.publicKey, list)
          return 'removed'
        }),
      async replaced(shown) {
        const outcome = await work.run(() => takeReplacement(ownList, shown))
        if (typeof outcome === 'string') return outcome
        // Not waited for: it waits for all that is under way here.
        renew(outcome).catch(() => log.error('devices.renew'))
        return 'renewed'
      },
      listVersion(version) {
        if (version > own.listVersion) askForList(own.account)
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

  let isRemoved = false
  const ownList: OwnListNeeds = {
    sql,
    clock,
    random,
    log,
    own,
    account,
    signal,
    tell,
    changed: () => changes.tell([{ kind: 'devices', devices: showDevices(sql, own) }]),
    kick: () => outbox.kick(own.account),
    crash,
    lost() {
      outbox.kick()
      groups.mark().catch(() => log.error('groups.mark'))
    },
    removed() {
      isRemoved = true
      outbox.stop()
      changes.tell([{ kind: 'stage', stage: { stage: 'closed', failure: { code: 'device-removed' } } }])
    },
  }
  const takeOwn = async (key: Uint8Array, list: SignedDeviceList) => takeOwnList(ownList, key, list)
  const lists = createLists({
    sql,
    log,
    work,
    own,
    connection,
    takeOwn,
    forged(person) {
      const touched = new Touched()
      sql.transaction(() => noteUnlistedDevice(ports, touched, person))
      tell(touched)
    },
  })
  /** [P94] Not waited for: what hangs on it asks by itself. */
  function askForList(whose: AccountId): void {
    lists.ask(whose).then(
      (asked) => {
        if (!asked.ok) log.info('lists.not-asked', { code: asked.failure.code })
      },
      () => log.error('lists.ask'),
    )
  }

  const peers = createPeers({ sql, clock, random, log, work, signal, connection, own, lists, takeOwn, tell, crash })
  const outbox = createOutbox({
    sql,
    clock,
    log,
    work,
    signal,
    connection,
    peers,
    random,
    own,
    tell,
    crash,
  })

  const drafts = createDrafts({ sql, clock, random, own, kick: ownList.kick })
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
    tellsOfReading: () => live.settings.readReceipts,
    hasOtherDevices: () => own.others.length > 0,
    entered(group) {
      const isTold = sql.transaction(() => announce({ sql, clock, random, own }, `group/${group}`, true))
      if (isTold) outbox.kick(own.account)
    },
    // Of a session of an epoch before: the newest was opened since, perhaps for that very reason.
    lostDevices: (state) => {
      const session = ownGroupSession(sql, state.group)
      return session?.epoch === newestEpoch(state).number && session.lost
    },
    tell,
    crash,
  }
  const groups = createGroups(groupNeeds)
  const avatars = createAvatars({
    ports,
    connection,
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
  /** What own records changed beside rows, to be told with them. */
  let alsoChanged: Change[] = []
  /** Another own device is in these. */
  let toFollow: GroupId[] = []
  function profileChanged(): void {
    const profile = showProfile(sql)
    if (profile !== null) alsoChanged.push({ kind: 'profile', profile })
  }
  const told = {
    history: (content: ReadContent) => history.take(content),
    historyMayBeLost: () => history.mayBeLost(),
    settings(settings: Settings) {
      live.settings = settings
      alsoChanged.push({ kind: 'settings', settings })
    },
    profile(name: string, version: number) {
      own.name = name
      own.profileVersion = version
      profileChanged()
    },
    details(about: string, version: number) {
      own.about = about
      own.detailsVersion = version
      profileChanged()
    },
    group(group: GroupId) {
      toFollow.push(group)
    },
    devices() {
      alsoChanged.push({ kind: 'devices', devices: showDevices(sql, own) })
    },
  }
  const inbox = createInbox({
    sql,
    clock,
    log,
    work,
    signal,
    connection,
    seen: createSeen(sql, clock),
    own,
    lists,
    crash,
    store(opened, unit) {
      const needs = {
        sql,
        clock,
        random,
        log,
        own,
        signal,
        lists,
        settings: live.settings,
        told,
        keep: groups.keep,
        keys: groups.keys,
      }
      latest = storeOpened(needs, opened, unit)
    },
    stored() {
      if (latest === undefined) return
      const { touched, toKick, strangers, newerLists, listed, typing: heard, hasNewPictures, kept, owing } = latest
      const more = alsoChanged
      latest = undefined
      alsoChanged = []
      changes.tell([...more, ...touched.changes(look)])
      if (touched.hasForOwn) toKick.add(own.account)
      for (const person of listed) lists.forget(person)
      for (const person of newerLists) askForList(person)
      for (const { account: person, active } of heard) typing.heard(person, active)
      for (const recipient of toKick) owed.add(recipient)
      if (kept) groups.kept()
      if (owing) groups.owing()
      if (toFollow.length > 0) groups.follow(toFollow)
      toFollow = []
      if (hasNewPictures) avatars.kick()
      history.stored()
      for (const stranger of strangers) checkUsername({ sql, connection, log, tell }, stranger)
    },
    rested() {
      for (const recipient of owed) outbox.kick(recipient)
      owed.clear()
    },
  })

  const linkAnother = createLinkAnother({
    ports,
    account,
    connection,
    tell: (linking) => changes.tell([{ kind: 'linking', linking }]),
    adopted: (device) => log.info('linking.adopted', { device }),
  })

  const history = createHistoryTransfer({
    ports,
    connection,
    relay: () => stored.relay,
    promiseTo(device, body) {
      const content = { sender: own, recipient: own.account, message: MessageId.parse(random.uuid()), at: clock.now() }
      addToOutbox(sql, {
        submission: uuidToBytes(MessageId.parse(random.uuid())),
        recipient: own.account,
        device,
        kind: 'content',
        content: writeContent({ ...content, body }),
        at: content.at,
      })
    },
    isOwn: (device) => own.others.some((other) => other.device === device),
    kickOwn: () => outbox.kick(own.account),
    tellAlso: (touched, ...more) => live.tellAlso(touched, ...more),
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
    drafts,
    linkAnother,
    history,
    settings: readSettings(sql),
    lists,
    ownList,
    devicesChanged: ownList.changed,
    kickOwn() {
      if (own.others.length > 0) outbox.kick(own.account)
    },
    groups,
    groupNeeds,
    showing,
    show,
    showRow,
    showMessage: (row) => showMessage(row, look.nameOf),
    tell,
    tellAlso(touched, ...more) {
      changes.tell([...more, ...touched.changes(look)])
      if (touched.hasForOwn) outbox.kick(own.account)
    },
    tellProfile(profile) {
      changes.tell([
        { kind: 'profile', profile },
        { kind: 'stage', stage: { stage: 'open' } },
        { kind: 'connection', connection: connection.state() },
      ])
    },
    relay: () => stored.relay,
    isRemoved: () => isRemoved,
    renew,
    crash,
    async close() {
      outbox.stop()
      groups.stop()
      linkAnother.close()
      await history.close()
      connection.stop()
      typing.stop()
      drafts.stop()
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
