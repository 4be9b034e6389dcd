// The messenger: wired out of its ports, opened and closed; what it can do is in the folders beside.

import { type Answer, answer, type Failure, refuse } from '../shared/answer.ts'
import type { Handlers, ParsedInput } from '../shared/api.ts'
import type { ChangeSet, Host, Profile, Snapshot } from '../shared/model.ts'
import { dismissContradiction } from './account/contradiction.ts'
import { createAccount, openAccount } from './account/create.ts'
import { beginGeneration, countGeneration } from './account/generation.ts'
import { acknowledgeRestore, setAvatar, showProfile, updateProfile, updateSettings } from './account/profile.ts'
import { getRelayView } from './account/relay-view.ts'
import { createChangeFeed } from './changes.ts'
import { setArchived, setMuted, setPinned } from './conversations/keep-order.ts'
import { listMessages, markRead, openConversation, saveDraft, setTyping } from './conversations/open.ts'
import { acceptRequest, blockPerson, refuseRequest, unblockPerson } from './conversations/requests.ts'
import { createGroup } from './groups/calls/create.ts'
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
  updateGroupDetails,
} from './groups/calls/moderate.ts'
import { createLive, type Live } from './live.ts'
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
import { migrate } from './storage/migrate.ts'
import { migrations } from './storage/migrations.ts'
import { forgetAccount, readContradiction, readOwnState, setInvitation } from './storage/own-state.ts'
import { forgetSeenBefore } from './storage/seen.ts'
import { forgetSentBefore } from './storage/sent.ts'
import { readRestoredAt, readSettings } from './storage/settings.ts'

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
  | 'installUpdate'
  | 'dismissLink'
export type EngineHandlers = Omit<Handlers, HostCall>

export interface Messenger {
  handlers: EngineHandlers
  onChange(listener: (changes: ChangeSet) => void): () => void
  /** Lets go of the relay, finishes what is half done, and leaves the database to the host. */
  close(): Promise<void>
}

/** How long what was sent and seen is remembered, in milliseconds. Longer than a relay keeps an envelope [P54]. */
const MEMORY = 31 * 86_400_000

/** Refused with database-newer when a later version wrote the database; it is left as it is. */
export async function openMessenger(ports: Ports, host: Host): Promise<Answer<Messenger>> {
  const { sql, clock } = ports
  if (migrate(sql, migrations) === 'newer') return refuse('database-newer')
  const changes = createChangeFeed()
  let live: Live | undefined

  const own = openAccount(sql)
  if (own !== undefined && readOwnState(sql).registered) {
    sql.transaction(() => {
      forgetSeenBefore(sql, clock.now() - MEMORY)
      forgetSentBefore(sql, clock.now() - MEMORY)
    })
    live = createLive(ports, changes, await countGeneration(ports, own))
    live.connection.start()
  }

  // A second click finds what the first has made.
  const creating = createQueue()
  async function createProfile(input: ParsedInput<'createProfile'>): Promise<Answer<Profile>> {
    if (live !== undefined) return refuse('profile-exists')
    const starting = createLive(ports, changes, accountFor(ports, input))
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

  /** A call that needs an account. */
  function withLive<Input, Output>(
    work: (live: Live, input: Input) => Promise<Answer<Output>>,
  ): (input: Input) => Promise<Answer<Output>> {
    return async (input) => (live === undefined ? refuse('no-profile') : work(live, input))
  }

  const handlers: EngineHandlers = {
    getSnapshot: async () => answer(snapshot(ports, host, live, changes.revision())),
    createProfile: (input) => creating.run(() => createProfile(input)),
    acknowledgeRestore: withLive(acknowledgeRestore),
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
    createGroup: withLive(createGroup),
    getGroup: withLive(getGroup),
    updateGroupDetails: withLive(updateGroupDetails),
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
    getMissingKey: withLive(getMissingKey),
    askForKeys: withLive(askForKeys),
    getRelayView: withLive(getRelayView),
    dismissContradiction: withLive(dismissContradiction),
    reconnect: withLive(async (open) => {
      open.connection.start()
      return answer(null)
    }),
  }
  return answer({ handlers, onChange: changes.listen, close: async () => live?.close() })
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

function snapshot(ports: Ports, host: Host, live: Live | undefined, revision: number): Snapshot {
  const { sql } = ports
  return {
    revision,
    host,
    stage: live === undefined ? { stage: 'welcome' } : { stage: 'open' },
    // The host knows better: it keeps the key, and is what is updated.
    recovery: 'confirmed',
    lock: { passphrase: false, idleMinutes: null },
    backup: { place: null, lastAt: null, work: null },
    restoredAt: live === undefined ? null : readRestoredAt(sql),
    update: { state: 'none' },
    openedLink: { state: 'none' },
    profile: live === undefined ? null : showProfile(sql),
    connection: live?.connection.state() ?? { state: 'idle' },
    settings: readSettings(sql),
    contradiction: live === undefined ? null : readContradiction(sql),
    conversations: live === undefined ? [] : allConversations(sql).map(live.showRow),
  }
}
