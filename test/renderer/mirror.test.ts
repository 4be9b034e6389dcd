// The mirror and its pages: what the window believes after snapshots and changes in every order they can come.

import { describe, expect, test } from 'vitest'
import { emptySnapshot as snapshotWithoutEngine } from '../../src/host/profile-rows.ts'
import { apply, type Mirror, replace, withPage } from '../../src/renderer/store/mirror.ts'
import { emptyPage, withEarlier, withMessage, withNewest, withoutMessage } from '../../src/renderer/store/pages.ts'
import { Instant } from '../../src/shared/ids.ts'
import type { Message, Snapshot } from '../../src/shared/model.ts'
import { alba, conversation, emptySnapshot, maya, message } from './harness/people.ts'

const mayas = conversation(maya)
const said = (position: number, text = `line ${position}`) => message(maya, maya, position, 1_000 + position, text)

function mirrorWith(...messages: Message[]): Mirror {
  const fresh = replace({ ...emptySnapshot(0), conversations: [mayas] })
  return { ...fresh, pages: new Map([[mayas.id, { ...emptyPage, loading: false, messages }]]) }
}

const shown = (mirror: Mirror | 'missed') =>
  mirror === 'missed' ? mirror : mirror.pages.get(mayas.id)?.messages.map(({ content }) => content)

describe('revisions', () => {
  test('the next revision applies', () => {
    const after = apply(mirrorWith(), { revision: 2, changes: [{ kind: 'message', message: said(1) }] })
    expect(shown(after)).toEqual([{ kind: 'text', text: 'line 1' }])
    expect(after).toMatchObject({ revision: 2 })
  })

  test('what the snapshot already knew is not applied again', () => {
    const mirror = mirrorWith()
    expect(apply(mirror, { revision: 1, changes: [{ kind: 'message', message: said(1) }] })).toBe(mirror)
  })

  test('a gap in the revisions is noticed', () => {
    expect(apply(mirrorWith(), { revision: 3, changes: [] })).toBe('missed')
  })

  test('a snapshot forgets loaded messages, because changes to them may be among those that were missed', () => {
    expect(replace(emptySnapshot(0)).pages.size).toBe(0)
  })
})

describe('order', () => {
  test('late messages take their place by position, then by sequence', () => {
    const second = { ...said(2), sequence: 1 }
    const between = { ...said(2), sequence: 0 }
    const page = withMessage({ ...emptyPage, loading: false, messages: [said(1), second, said(3)] }, between)
    expect(page.messages.map(({ position, sequence }) => [position, sequence])).toEqual([
      [1, 0],
      [2, 0],
      [2, 1],
      [3, 0],
    ])
  })

  test('a message that heals keeps its place', () => {
    const sealed: Message = { ...said(2), content: { kind: 'undecryptable', askedAt: null } }
    const page = { ...emptyPage, loading: false, messages: [said(1), sealed, said(3)] }
    const healed = withMessage(page, { ...sealed, content: { kind: 'text', text: 'here I am' } })
    expect(healed.messages[1]?.content).toEqual({ kind: 'text', text: 'here I am' })
    expect(healed.messages).toHaveLength(3)
  })

  test('a message that moves is there once, in its new place', () => {
    const [first, second, third] = [said(1), said(2), said(3)]
    const page = { ...emptyPage, loading: false, messages: [first, second, third] }
    const moved = withMessage(page, { ...second, position: 4 })
    expect(moved.messages.map(({ id }) => id)).toEqual([first.id, third.id, second.id])
    expect(moved.messages.map(({ position }) => position)).toEqual([1, 3, 4])
  })

  test('what stands before the loaded messages waits to be loaded, so that the run stays unbroken', () => {
    const page = { ...emptyPage, loading: false, hasEarlier: true, messages: [said(10)] }
    expect(withMessage(page, said(3))).toBe(page)
  })
})

describe('answers that changes overtake', () => {
  test('a row that came by a change is younger than the one in the answer', () => {
    const waiting = message(maya, alba, 2, 2, 'on its way', { state: 'waiting' })
    const sent: Message = { ...waiting, delivery: { state: 'read', at: waiting.sentAt } }
    const page = withNewest(withMessage(emptyPage, sent), { messages: [said(1), waiting], hasEarlier: false })
    expect(page.messages.at(-1)?.delivery).toMatchObject({ state: 'read' })
    expect(page.messages).toHaveLength(2)
  })

  test('what was deleted meanwhile does not come back', () => {
    const doomed = said(1)
    const page = withNewest(withoutMessage(emptyPage, doomed.id), { messages: [doomed], hasEarlier: false })
    expect(page.messages).toEqual([])
  })

  test('a late row far above the newest page does not leave a hole', () => {
    const page = withNewest(withMessage(emptyPage, said(1)), { messages: [said(50), said(51)], hasEarlier: true })
    expect(page.messages.map(({ position }) => position)).toEqual([50, 51])
  })

  test('earlier messages are counted, so that the list can keep its place', () => {
    const page = { ...emptyPage, loading: false, hasEarlier: true, messages: [said(3)] }
    const fuller = withEarlier(page, { messages: [said(1), said(2)], hasEarlier: false })
    expect(fuller).toMatchObject({ earlier: 2, hasEarlier: false })
    expect(fuller.messages.map(({ position }) => position)).toEqual([1, 2, 3])
  })
})

describe('rows', () => {
  test('a conversation that is gone takes its messages with it', () => {
    const after = apply(mirrorWith(said(1)), {
      revision: 2,
      changes: [{ kind: 'conversation-gone', conversation: mayas.id }],
    })
    expect(after).toMatchObject({ conversations: new Map(), pages: new Map() })
  })

  test('messages of a conversation nobody opened are not kept', () => {
    const closed = replace({ ...emptySnapshot(0), conversations: [mayas] })
    const after = apply(closed, { revision: 2, changes: [{ kind: 'message', message: said(1) }] })
    expect(shown(after)).toBeUndefined()
    expect(withPage(closed, mayas.id, () => emptyPage)).toBe(closed)
  })

  test('[E13] once the profile is locked it knows what a window that opens then is told, and nothing else', () => {
    const snapshot = { ...emptySnapshot(0), restoredAt: Instant.parse(1), conversations: [mayas] }
    const open: Snapshot = {
      ...snapshot,
      backup: { ...snapshot.backup, place: '/media/papers', lastAt: Instant.parse(1) },
    }
    const stage = { stage: 'locked', nextTryAt: null } as const
    const revision = open.revision + 1
    const locked = apply(replace(open), { revision, changes: [{ kind: 'stage', stage }] })
    const { recovery, lock, update, openedLink } = open
    const own = { recovery, lock, update, openedLink, backup: { place: null, lastAt: null, work: null } }
    expect(locked).toEqual({
      ...replace(snapshotWithoutEngine(revision, open.host, stage, own)),
      settings: open.settings,
    })
  })
})
