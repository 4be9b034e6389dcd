// What holds in a group: permissions, details, policies, encryption, epochs, its end [P112] [P113].

import type { AccountId } from '../../shared/ids.ts'
import type { MembersCase, Verdict } from './apply.ts'
import type { Change } from './change.ts'
import { atLeast } from './permissions.ts'
import { type Former, type Member, newestEpoch, withAll } from './state.ts'

type Of<Kind extends Change['kind']> = Extract<Change, { kind: Kind }>

export function setPermissions({ state, me }: MembersCase, { permissions }: Of<'set-permissions'>): Verdict {
  if (me.role !== 'owner') return 'not-permitted'
  return { ...state, permissions: { ...state.permissions, ...permissions } }
}

export function setDetails({ state, place, me }: MembersCase, { details }: Of<'set-details'>): Verdict {
  if (!atLeast(me.role, state.permissions.details)) return 'not-permitted'
  return { ...state, details: { sealed: details, place } }
}

export function setPolicies({ state, me }: MembersCase, { policies }: Of<'set-policies'>): Verdict {
  if (!atLeast(me.role, state.permissions.policies)) return 'not-permitted'
  return { ...state, policies }
}

/** [G7] */
export function setEncryption({ state, place, me }: MembersCase, { encryption }: Of<'set-encryption'>): Verdict {
  if (me.role !== 'owner') return 'not-permitted'
  if (state.encryption.mode === encryption) return 'already-so'
  const { mode, since, earlier } = state.encryption
  const isSwitchedOn = mode === 'off'
  return {
    ...state,
    encryption: { mode: encryption, since: place, earlier: [...earlier, { mode, since }] },
    marks: isSwitchedOn ? [...state.marks, { why: 'encryption-on', place }] : state.marks,
  }
}

/** [G6] By any member. */
export function requestRotation({ state, place }: MembersCase): Verdict {
  if (state.marks.some(({ why }) => why === 'asked')) return 'already-so'
  return { ...state, marks: [...state.marks, { why: 'asked', place }] }
}

/** By any member: not all that marks a group is in its log. */
export function openEpoch({ state, entry, place }: MembersCase, { epoch }: Of<'open-epoch'>): Verdict {
  if (epoch !== newestEpoch(state).number + 1) return 'wrong-epoch'
  const opened = { ...place, epoch }
  return { ...state, epochs: [...state.epochs, { number: epoch, opened, by: entry.actor }], marks: [] }
}

/** Whose the messages are is known to those who can read them. */
export function recall({ state, me }: MembersCase): Verdict {
  return atLeast(me.role, state.permissions.recall) ? state : 'not-permitted'
}

export function deleteGroup({ state, place, me }: MembersCase): Verdict {
  return me.role === 'owner' ? { ...state, deleted: place } : 'not-permitted'
}

/** By any member, of themselves. */
export function setProfile({ state, entry, place, me }: MembersCase, { profile }: Of<'set-profile'>): Verdict {
  const renamed: Member = { ...me, profile: { sealed: profile, place } }
  return { ...state, members: withAll<AccountId, Member>(state.members, [[entry.actor, renamed]]) }
}

/** [P117] By any member, of themselves. What was announced under the old key stays theirs; the next epoch is under the new one. */
export function replaceIdentity(
  { state, entry, place, me }: MembersCase,
  { identityKey }: Of<'replace-identity'>,
): Verdict {
  const { actor } = entry
  const before = state.former.get(actor)
  const from = me.keyFrom === undefined ? me.joined : { ...me.joined, epoch: me.keyFrom }
  const span = { from, to: place, identityKey: me.identityKey, history: me.history }
  const former: Former = { how: before?.how ?? 'left', spans: [...(before?.spans ?? []), span] }
  const renewed: Member = { ...me, identityKey, keyFrom: place.epoch + 1 }
  return {
    ...state,
    members: withAll<AccountId, Member>(state.members, [[actor, renewed]]),
    former: withAll<AccountId, Former>(state.former, [[actor, former]]),
    marks: [...state.marks, { why: 'identity-replaced', place }],
  }
}
