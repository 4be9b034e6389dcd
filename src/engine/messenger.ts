// The messenger: wired out of its ports, opened and closed; what it can do is in the folders beside.

import { type Answer, answer, refuse } from '../shared/answer.ts'
import type { Handlers, ParsedInput } from '../shared/api.ts'
import type { Failure } from '../shared/failure.ts'
import type { RegistrationId } from '../shared/ids.ts'
import type { ChangeSet, Host, Profile, Snapshot, Stage } from '../shared/model.ts'
import { dismissContradiction } from './account/contradiction.ts'
import { createAccount, openAccount } from './account/create.ts'
import { beginGeneration, countGeneration } from './account/generation.ts'
import { acknowledgeRestore, setAvatar, updateProfile, updateSettings } from './account/profile.ts'
import { getRelayView } from './account/relay-view.ts'
import { showProfile } from './account/show-profile.ts'
import { createChangeFeed } from './changes.ts'
import { setArchived, setMuted, setPinned } from './conversations/keep-order.ts'
import { listMessages, markRead, openConversation, saveDraft, setTyping } from './conversations/open.ts'
import { acceptRequest, blockPerson, refuseRequest, unblockPerson } from './conversations/requests.ts'
import { adoptAccount } from './devices/adopt.ts'
import { listDevices, renameDevice, revokeDevice, showDevices } from './devices/list.ts'
import { adoptRenewal, getKeyReplacement, type Renewal, replaceKeys } from './devices/replace-keys.ts'
import { createGroup } from './groups/calls/create.ts'
import { getGroupAvatar, updateGroupDetails } from './groups/calls/details.ts'
import { askForKeys, getMissingKey, getReaders } from './groups/calls/explain.ts'
import { answerInvitation, inviteToGroup, withdrawInvitation } from './groups/calls/invite.ts'
import { decideRequest, getGroupLink, readGroupLink, requestToJoin, setGroupLink } from './groups/calls/join.ts'
import {
  acceptReadable,
  banMembers,
  deleteGroup,
  getGroup,
  leaveGroup,
  muteMembers,
  removeMembers,
  rotateKeys,
  setGroupEncryption,
  setGroupPermissions,
  setGroupPolicies,
  setGroupRole,
  transferOwnership,
  unbanMembers,
  unmuteMembers,
} from './groups/calls/moderate.ts'
import { getReceipts } from './groups/calls/receipts.ts'
import { askForHistory } from './history/arrive.ts'
import { type ImportedChat, importChat } from './history/import.ts'
import { type BeingLinked, createBeingLinked, type Wish } from './linking/be-linked.ts'
import type { Handover } from './linking/messages.ts'
import { createLive, type Live } from './live.ts'
import { editMessage, listEdits, recallMessages } from './messages/edit.ts'
import { deleteMessage, retryMessage, sendMessage } from './messages/say.ts'
import { getAvatar } from './people/avatars.ts'
import { findPerson } from './people/find.ts'
import { acceptInvitation, getInvitation, readInvitation } from './people/invitations.ts'
import { listPeople, setNickname, setNote } from './people/notes.ts'
import { acceptSafetyNumber, checkScannedSafetyNumber, getSafetyNumber, setVerified } from './people/safety.ts'
import type { Ports } from './ports.ts'
import { createQueue } from './queue.ts'
import { readAccount } from './storage/account.ts'
import { allConversations } from './storage/conversations.ts'
import { forgetEarlyBefore } from './storage/edits.ts'
import { migrate } from './storage/migrate.ts'
import { migrations } from './storage/migrations.ts'
import { forgetAccount, readContradiction, readOwnState, setFirstPlace, setInvitation } from './storage/own-state.ts'
import { forgetSeenBefore } from './storage/seen.ts'
import { forgetSentBefore } from './storage/sent.ts'
import { forgetSetAsideBefore } from './storage/set-aside.ts'
import { readRestoredAt, readSettings } from './storage/settings.ts'
import { forgetSolicitedBefore } from './storage/solicitations.ts'

/** Calls that are the host's to answer. */
export type HostCall =
  | 'openProfile'
  | 'openSecondProfile'
  | 'openWithRecoveryCode'
  | 'revealRecoveryCode'
  | 'confirmRecoveryCode'
  | 'checkRecoveryCode'
  | 'setPassphrase'
  | 'changePassphrase'
  | 'removePassphrase'
  | 'lock'
  | 'unlock'
  | 'setIdleLock'
  | 'createBackup'
  | 'cancelBackup'
  | 'verifyBackup'
  | 'chooseBackup'
  | 'restoreBackup'
  | 'exportHistory'
  | 'importHistory'
  | 'installUpdate'
  | 'dismissLink'
export type EngineHandlers = Omit<Handlers, HostCall>

export interface Messenger {
  handlers: EngineHandlers
  onChange(listener: (changes: ChangeSet) => void): () => void
  /** For the host, which has read it from a file [E20]. */
  importChat(chat: ImportedChat): Promise<Answer<{ added: number; known: number }>>
  /** Lets go of the relay, finishes what is half done, and leaves the database to the host. */
  close(): Promise<void>
}

/** [P109] More than will ever be said in one conversation. */
const PLACES_OF_A_DEVICE = 2 ** 32

/** How long what was sent and seen is remembered, in milliseconds. Longer than a relay keeps an envelope [P54]. */
const MEMORY = 31 * 86_400_000

/** Refused with database-newer when a later version wrote the database; it is left as it is. */
export async function openMessenger(ports: Ports, host: Host): Promise<Answer<Messenger>> {
  const { sql, clock } = ports
  if (migrate(sql, migrations) === 'newer') return refuse('database-newer')
  const changes = createChangeFeed()
  let live: Live | undefined

  const own = openAccount(sql)
  // [P95] What is here stays as it is, and goes nowhere.
  const removedBefore = readOwnState(sql).removedAt !== undefined
  const isRemoved = () => removedBefore || (live?.isRemoved() ?? false)
  if (own !== undefined && readOwnState(sql).registered && !removedBefore) {
    sql.transaction(() => {
      forgetSeenBefore(sql, clock.now() - MEMORY)
      forgetSentBefore(sql, clock.now() - MEMORY)
      forgetSetAsideBefore(sql, clock.now() - MEMORY)
      forgetEarlyBefore(sql, clock.now() - MEMORY)
      forgetSolicitedBefore(sql, clock.now() - MEMORY)
    })
    live = createLive(ports, changes, await countGeneration(ports, own), renew)
    live.inbox.takeSetAside()
    live.connection.start()
  }

  // A second click finds what the first has made.
  const creating = createQueue()
  async function createProfile(input: ParsedInput<'createProfile'>): Promise<Answer<Profile>> {
    if (live !== undefined || removedBefore) return refuse('profile-exists')
    const starting = createLive(ports, changes, accountFor(ports, input), renew)
    const failure = await firstConnection(starting)
    if (failure !== undefined) {
      await starting.close()
      // An answer that was lost may have been a yes: then the same keys are shown again at the next try.
      if (failure.code !== 'not-connected') sql.transaction(() => forgetAccount(sql))
      return { ok: false, failure }
    }
    live = starting
    await beginGeneration(ports)
    const profile = showProfile(sql)
    if (profile === null) throw new Error('the profile that was just made is gone')
    starting.tellProfile(profile)
    return answer(profile)
  }

  /** [P97] Under another identity key, all begins anew: connection, sessions, what is sealed. */
  let renewing: Promise<void> | undefined
  function renew(renewal: Renewal): Promise<void> {
    renewing ??= (async () => {
      const before = live
      if (before === undefined) return
      await before.close()
      const renewed = adoptRenewal(ports, before.account, renewal)
      ports.crash?.('identity.renewed')
      live = createLive(ports, changes, renewed, renew)
      live.connection.start()
      live.devicesChanged()
    })().finally(() => {
      renewing = undefined
    })
    return renewing
  }

  const beingLinked = createBeingLinked(
    ports,
    (linking) => changes.tell([{ kind: 'linking', linking }]),
    (handover, wish, registrationId) => creating.run(() => adopt(handover, wish, registrationId)),
  )
  async function adopt(
    { provision, from }: Handover,
    { relay, deviceName }: Wish,
    registrationId: RegistrationId,
  ): Promise<Answer<null>> {
    if (live !== undefined) return refuse('profile-exists')
    sql.transaction(() => {
      // Of a try that came to nothing.
      forgetAccount(sql)
      setFirstPlace(sql, PLACES_OF_A_DEVICE * provision.device)
      askForHistory(ports, from)
    })
    // The relay as it was reached from here: from there it may have another address.
    const adopted = adoptAccount(ports, { ...provision, relay }, { registrationId, name: deviceName })
    if (!adopted.ok) return adopted
    ports.crash?.('link.adopted')
    const linked = createLive(ports, changes, adopted.value, renew)
    live = linked
    await beginGeneration(ports)
    const profile = showProfile(sql)
    if (profile === null) throw new Error('the profile that was just adopted is gone')
    linked.tellProfile(profile)
    linked.connection.start()
    return answer(null)
  }

  /** A call that needs an account. */
  function withLive<Input, Output>(
    work: (live: Live, input: Input) => Promise<Answer<Output>>,
  ): (input: Input) => Promise<Answer<Output>> {
    return async (input) => {
      await renewing
      if (isRemoved()) return refuse('device-removed')
      return live === undefined ? refuse('no-profile') : work(live, input)
    }
  }

  const handlers: EngineHandlers = {
    getSnapshot: async () =>
      answer(snapshot(ports, host, isRemoved() ? 'removed' : live, beingLinked, changes.revision())),
    createProfile: (input) => creating.run(() => createProfile(input)),
    acknowledgeRestore: withLive(acknowledgeRestore),
    beginLink: async (wish) => (live === undefined ? beingLinked.begin(wish) : refuse('profile-exists')),
    joinLink: withLive((open, { code }) => open.linkAnother.join(code)),
    confirmLink: withLive((open, { same }) => open.linkAnother.confirm(same)),
    cancelLink: async () => {
      beingLinked.cancel()
      live?.linkAnother.cancel()
      return answer(null)
    },
    stopHistory: withLive((open) => open.history.stop()),
    resumeHistory: withLive((open) => open.history.resume()),
    updateProfile: withLive(updateProfile),
    setAvatar: withLive(setAvatar),
    getAvatar: withLive(getAvatar),
    updateSettings: withLive(updateSettings),
    findPerson: withLive(findPerson),
    openConversation: withLive(openConversation),
    acceptRequest: withLive(acceptRequest),
    refuseRequest: withLive(refuseRequest),
    blockPerson: withLive(blockPerson),
    unblockPerson: withLive(unblockPerson),
    listPeople: withLive(listPeople),
    getInvitation: withLive(getInvitation),
    readInvitation: withLive(readInvitation),
    acceptInvitation: withLive(acceptInvitation),
    setNickname: withLive(setNickname),
    setNote: withLive(setNote),
    setMuted: withLive(setMuted),
    setArchived: withLive(setArchived),
    setPinned: withLive(setPinned),
    sendMessage: withLive(sendMessage),
    retryMessage: withLive(retryMessage),
    deleteMessage: withLive(deleteMessage),
    listMessages: withLive(listMessages),
    markRead: withLive(markRead),
    setTyping: withLive(setTyping),
    saveDraft: withLive(saveDraft),
    getSafetyNumber: withLive(getSafetyNumber),
    checkScannedSafetyNumber: withLive(checkScannedSafetyNumber),
    setVerified: withLive(setVerified),
    acceptSafetyNumber: withLive(acceptSafetyNumber),
    editMessage: withLive(editMessage),
    recallMessages: withLive(recallMessages),
    listEdits: withLive(listEdits),
    listDevices: withLive(listDevices),
    renameDevice: withLive(renameDevice),
    revokeDevice: withLive(revokeDevice),
    replaceKeys: withLive(replaceKeys),
    getKeyReplacement: withLive(getKeyReplacement),
    createGroup: withLive(createGroup),
    getGroup: withLive(getGroup),
    updateGroupDetails: withLive(updateGroupDetails),
    getGroupAvatar: withLive(getGroupAvatar),
    inviteToGroup: withLive(inviteToGroup),
    withdrawInvitation: withLive(withdrawInvitation),
    answerInvitation: withLive(answerInvitation),
    setGroupLink: withLive(setGroupLink),
    getGroupLink: withLive(getGroupLink),
    readGroupLink: withLive(readGroupLink),
    requestToJoin: withLive(requestToJoin),
    decideRequest: withLive(decideRequest),
    leaveGroup: withLive(leaveGroup),
    removeMembers: withLive(removeMembers),
    banMembers: withLive(banMembers),
    unbanMembers: withLive(unbanMembers),
    muteMembers: withLive(muteMembers),
    unmuteMembers: withLive(unmuteMembers),
    setGroupRole: withLive(setGroupRole),
    transferOwnership: withLive(transferOwnership),
    setGroupPermissions: withLive(setGroupPermissions),
    setGroupPolicies: withLive(setGroupPolicies),
    setGroupEncryption: withLive(setGroupEncryption),
    acceptReadable: withLive(acceptReadable),
    rotateKeys: withLive(rotateKeys),
    deleteGroup: withLive(deleteGroup),
    getReaders: withLive(getReaders),
    getReceipts: withLive(getReceipts),
    getMissingKey: withLive(getMissingKey),
    askForKeys: withLive(askForKeys),
    getRelayView: withLive(getRelayView),
    dismissContradiction: withLive(dismissContradiction),
    reconnect: withLive(async (open) => {
      open.connection.start()
      return answer(null)
    }),
  }
  return answer({
    handlers,
    onChange: changes.listen,
    importChat: withLive(importChat),
    close: async () => {
      beingLinked.close()
      await renewing
      await live?.close()
    },
  })
}

/** The keys of an earlier try under the same name, or new ones. */
function accountFor(ports: Ports, input: ParsedInput<'createProfile'>) {
  const { sql } = ports
  const before = readAccount(sql)
  const same =
    before?.username === input.username &&
    before.name === input.name &&
    JSON.stringify(before.relay) === JSON.stringify(input.relay)
  if (before !== undefined && !same) sql.transaction(() => forgetAccount(sql))
  sql.transaction(() => setInvitation(sql, input.invitation ?? ''))
  const kept = same ? openAccount(sql) : undefined
  return kept ?? createAccount(ports, { username: input.username, name: input.name, relay: input.relay })
}

/** Undefined: the relay knows us now. */
function firstConnection(live: Live): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    const stop = live.changes.listen(({ changes }) => {
      for (const change of changes) {
        if (change.kind !== 'connection') continue
        const { connection } = change
        if (connection.state === 'idle' || connection.state === 'connecting') continue
        stop()
        if (connection.state === 'refused') resolve(connection.failure)
        else resolve(connection.state === 'offline' ? { code: 'not-connected' } : undefined)
        return
      }
    })
    live.connection.start()
  })
}

function stageOf(open: Live | 'removed' | undefined): Stage {
  if (open === 'removed') return { stage: 'closed', failure: { code: 'device-removed' } }
  return open === undefined ? { stage: 'welcome' } : { stage: 'open' }
}

function snapshot(
  ports: Ports,
  host: Host,
  open: Live | 'removed' | undefined,
  beingLinked: BeingLinked,
  revision: number,
): Snapshot {
  const { sql } = ports
  const live = open === 'removed' ? undefined : open
  return {
    revision,
    host,
    stage: stageOf(open),
    // The host knows better: it keeps the key, and is what is updated.
    recovery: 'confirmed',
    lock: { passphrase: false, idleMinutes: null },
    backup: { place: null, lastAt: null, work: null },
    restoredAt: live === undefined ? null : readRestoredAt(sql),
    update: { state: 'none' },
    openedLink: { state: 'none' },
    profile: live === undefined ? null : showProfile(sql),
    connection: live?.connection.state() ?? { state: 'idle' },
    linking: (live?.linkAnother ?? beingLinked).state(),
    history: live?.history.state() ?? { arriving: null, leaving: null },
    settings: readSettings(sql),
    devices: live === undefined ? [] : showDevices(sql, live.own),
    contradiction: live === undefined ? null : readContradiction(sql),
    conversations: live === undefined ? [] : allConversations(sql).map(live.showRow),
  }
}
