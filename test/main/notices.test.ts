// What the desktop is told.

import { describe, expect, test } from 'vitest'
import { Notices } from '../../src/main/notices.ts'
import { AccountId, personConversation, Username } from '../../src/shared/ids.ts'
import { type ChangeSet, Conversation } from '../../src/shared/model.ts'
import { groupRow, northRidgeWalk } from '../renderer/harness/group.ts'

const CANARY = 'tea at five, tell nobody'
const bob = AccountId.parse('3f0c8a2e-6a53-4c55-9a31-0f6a7c1d2b01')

function conversation(unread: number, state: Conversation['state'] = 'open'): Conversation {
  return Conversation.parse({
    id: personConversation(bob),
    kind: 'person',
    group: null,
    person: {
      account: bob,
      username: Username.parse('bob'),
      name: 'Bob',
      profileName: 'Bob',
      nickname: null,
      about: '',
      avatar: null,
      note: '',
      safety: { state: 'unverified' },
      blocked: false,
    },
    state,
    unread,
    firstUnread: null,
    draft: '',
    last: {
      id: '9b2f5c3e-8d8e-4f6d-8a51-2f9f3a7f9c11',
      own: false,
      authorName: null,
      at: 1,
      content: { kind: 'text', text: CANARY },
      delivery: null,
    },
    lastAt: 1,
    typing: false,
    muted: null,
    archived: false,
    pinned: false,
  })
}

function change(...conversations: Conversation[]): ChangeSet {
  return { revision: 1, changes: conversations.map((one) => ({ kind: 'conversation', conversation: one })) }
}

/** All rows at once, and that the profile is open: what a window that was there before gets. */
function opening(...conversations: Conversation[]): ChangeSet {
  const { revision, changes } = change(...conversations)
  return { revision, changes: [...changes, { kind: 'stage', stage: { stage: 'open' } }] }
}

describe('[W20] a notification', () => {
  test('says who wrote and never what', () => {
    const notices = new Notices()
    notices.of(opening(conversation(0)), 'away', 0)
    const told = notices.of(change(conversation(1)), 'away', 0)
    expect(told.map(({ body }) => body)).toEqual(['New message from Bob'])
    expect(JSON.stringify(told)).not.toContain(CANARY)
  })

  test('says not even who on a locked screen', () => {
    const notices = new Notices()
    expect(notices.of(change(conversation(1)), 'locked', 0).map(({ body }) => body)).toEqual(['New message'])
  })

  test('lets no stranger choose its words', () => {
    const notices = new Notices()
    const told = notices.of(change(conversation(1, 'incoming-request')), 'away', 0)
    expect(told.map(({ body }) => body)).toEqual(['Somebody new would like to write to you'])
  })

  test('does not come while the person looks, for what was there before, or when messages are read', () => {
    const notices = new Notices()
    expect(notices.of(opening(conversation(2)), 'away', 0)).toEqual([])
    expect(notices.of(change(conversation(2)), 'away', 0)).toEqual([])
    expect(notices.of(change(conversation(3)), 'here', 0)).toEqual([])
    expect(notices.of(change(conversation(0)), 'away', 0)).toEqual([])
    expect(notices.of(change(conversation(1)), 'away', 0)).toHaveLength(1)
  })

  test('tells of an invitation into a group, once, and not what the group calls itself', () => {
    const notices = new Notices()
    const invited = groupRow(northRidgeWalk(1_795_000_000_000, 'member'), { state: 'incoming-request' })
    expect(notices.of(change(invited), 'away', 0).map(({ body }) => body)).toEqual(['Somebody invites you to a group'])
    expect(notices.of(change(invited), 'away', 0)).toEqual([])
    const before = new Notices()
    expect(before.of(opening(invited), 'away', 0)).toEqual([])
  })

  test('comes once for everything that came at once', () => {
    const notices = new Notices()
    expect(notices.of(change(conversation(1), conversation(2), conversation(3)), 'away', 0)).toHaveLength(1)
  })
})
