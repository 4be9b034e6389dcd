// What the scripted engine answers about its group: what it does is seen in the window, as the real one would let it.

import { answer, refuse } from '../../../src/shared/answer.ts'
import type { Handlers } from '../../../src/shared/api.ts'
import { type AccountId, DeviceId, Instant } from '../../../src/shared/ids.ts'
import type { Group, GroupMember } from '../../../src/shared/model.ts'
import { groupRow, northRidgeWalk } from './group.ts'
import { maya } from './people.ts'
import type { Stage } from './stage.ts'

type OfGroups = Pick<
  Handlers,
  | 'createGroup'
  | 'getGroup'
  | 'updateGroupDetails'
  | 'getGroupAvatar'
  | 'inviteToGroup'
  | 'withdrawInvitation'
  | 'answerInvitation'
  | 'setGroupLink'
  | 'getGroupLink'
  | 'readGroupLink'
  | 'requestToJoin'
  | 'decideRequest'
  | 'leaveGroup'
  | 'removeMembers'
  | 'banMembers'
  | 'unbanMembers'
  | 'muteMembers'
  | 'unmuteMembers'
  | 'setGroupRole'
  | 'transferOwnership'
  | 'setGroupPermissions'
  | 'setGroupPolicies'
  | 'setGroupEncryption'
  | 'acceptReadable'
  | 'rotateKeys'
  | 'deleteGroup'
  | 'getReaders'
  | 'getReceipts'
  | 'getMissingKey'
  | 'askForKeys'
>

const MINUTE = 60_000

/** Another picture has another name. */
function nameOf(picture: string | null): string | null {
  return picture === null ? null : (picture.length % 997).toString(16).padStart(64, '0')
}

export function groupHandlers(stage: Stage): OfGroups {
  const now = () => Instant.parse(Date.now())
  let asked: Instant | null = null
  let picture: string | null = null

  function change(how: (group: Group) => Partial<Group>) {
    if (!stage.group) return refuse('no-such-group')
    stage.changeGroup(how(stage.group))
    return answer(null)
  }

  const changeMembers = (accounts: readonly AccountId[], how: (member: GroupMember) => GroupMember | undefined) =>
    change(({ members }) => ({
      members: members.flatMap((member) => (accounts.includes(member.person.account) ? (how(member) ?? []) : [member])),
    }))

  const summary = (part: Partial<Group['summary']>) => change((group) => ({ summary: { ...group.summary, ...part } }))

  return {
    createGroup: async ({ title, picture: chosen }) => {
      const group = northRidgeWalk(Date.now(), 'owner')
      picture = chosen ?? null
      const row = groupRow({ ...group, summary: { ...group.summary, title, avatar: nameOf(picture) } })
      stage.commit({ kind: 'conversation', conversation: row })
      return answer(row)
    },
    getGroup: async () => (stage.group ? answer(stage.group) : refuse('no-such-group')),
    updateGroupDetails: async ({ title, description, picture: chosen }) => {
      if (chosen !== undefined) picture = chosen
      return change((group) => ({
        summary: { ...group.summary, title: title ?? group.summary.title, avatar: nameOf(picture) },
        description: description ?? group.description,
      }))
    },
    getGroupAvatar: async () => {
      const id = nameOf(picture)
      return answer(id === null || picture === null ? null : { id, mediaType: 'image/webp', picture })
    },
    inviteToGroup: async ({ people }) =>
      answer(stage.invites ?? { invited: people.length, waiting: 0, notInvited: null }),
    withdrawInvitation: async ({ accounts }) =>
      change(({ invited }) => ({ invited: invited.filter(({ person }) => !accounts.includes(person.account)) })),
    answerInvitation: async ({ accept }) => summary({ standing: accept ? 'member' : 'left' }),
    setGroupLink: async ({ on }) => change(() => ({ link: on })),
    getGroupLink: async () => answer({ link: 'sotto:group?relay=127.0.0.1:49217&group=AAAA&secret=BBBB' }),
    readGroupLink: async () => refuse('bad-input'),
    requestToJoin: async () => refuse('not-connected'),
    decideRequest: async ({ account, approve }) =>
      change(({ members, requests }) => ({
        requests: requests.filter(({ person }) => person.account !== account),
        members: [
          ...members,
          ...requests
            .filter(({ person }) => approve && person.account === account)
            .map(({ person }) => ({
              person,
              you: false,
              role: 'member' as const,
              joinedAt: now(),
              muted: null,
              may: [],
              mayBecome: [],
            })),
        ],
      })),
    leaveGroup: async () => summary({ standing: 'left', role: null, maySend: false }),
    removeMembers: async ({ accounts }) => changeMembers(accounts, () => undefined),
    banMembers: async ({ accounts, until }) =>
      change(({ members, bans }) => ({
        members: members.filter(({ person }) => !accounts.includes(person.account)),
        bans: [
          ...bans,
          ...members
            .filter(({ person }) => accounts.includes(person.account))
            .map(({ person }) => ({ person, until: until ?? null })),
        ],
      })),
    unbanMembers: async ({ accounts }) =>
      change(({ bans }) => ({ bans: bans.filter(({ person }) => !accounts.includes(person.account)) })),
    muteMembers: async ({ accounts, until }) =>
      changeMembers(accounts, (member) => ({ ...member, muted: { until: until ?? null } })),
    unmuteMembers: async ({ accounts }) => changeMembers(accounts, (member) => ({ ...member, muted: null })),
    setGroupRole: async ({ accounts, role }) => changeMembers(accounts, (member) => ({ ...member, role })),
    transferOwnership: async ({ account }) =>
      change(({ members }) => ({
        members: members.map((member) => ({
          ...member,
          role: member.person.account === account ? 'owner' : member.you ? 'admin' : member.role,
        })),
      })),
    setGroupPermissions: async ({ permissions }) =>
      change((group) => ({ permissions: { ...group.permissions, ...permissions } })),
    setGroupPolicies: async ({ policies: { history, rotationTime, rotationMessages } }) =>
      change(({ policies }) => ({
        policies: {
          history: history ?? policies.history,
          rotationTime: rotationTime ?? policies.rotationTime,
          rotationMessages: rotationMessages ?? policies.rotationMessages,
        },
      })),
    setGroupEncryption: async ({ encryption }) => summary({ encryption, encryptionUnseen: encryption !== 'required' }),
    acceptReadable: async () => summary({ encryptionUnseen: false }),
    rotateKeys: async () => summary({ marked: true }),
    deleteGroup: async () => summary({ standing: 'deleted', maySend: false }),
    getReaders: async () =>
      answer({
        epoch: 2,
        readers: (stage.group?.members ?? []).map(({ person }, index) => ({
          person,
          devices: [
            { device: DeviceId.parse(1), has: 'confirmed' as const },
            ...(index === 1 ? [{ device: DeviceId.parse(2), has: 'not-yet' as const }] : []),
          ],
        })),
      }),
    getReceipts: async ({ message }) => {
      const found = stage.messages.find((known) => known.id === message)
      if (!found?.own || !stage.group) return refuse('no-such-message')
      const others = stage.group.members.filter(({ you }) => !you).map(({ person }) => person)
      const count = stage.snapshot.settings.readReceipts ? (found.readBy?.count ?? 0) : 0
      return answer({
        told: stage.snapshot.settings.readReceipts ? 'told' : 'off',
        read: others.slice(0, count).map((person, at) => ({ person, at: Instant.parse(found.sentAt + at * MINUTE) })),
        others: others.slice(count),
      })
    },
    getMissingKey: async () =>
      answer({
        epoch: 2,
        owner: maya,
        askedAt: asked,
        answering: null,
        nextTryAt: asked && Instant.parse(asked + MINUTE),
        notEntitled: false,
      }),
    askForKeys: async () => {
      asked = now()
      return answer(null)
    },
  }
}
