// Somebody with two devices: what is said and done on one is so on the other.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { devicesOf } from '../../src/engine/signal/device-list.ts'
import { readDeviceList } from '../../src/engine/storage/device-lists.ts'
import { MessageId, personConversation } from '../../src/shared/ids.ts'
import type { Message } from '../../src/shared/model.ts'
import type { Person } from '../person.ts'
import { until } from '../until.ts'
import { World } from '../world.ts'

let world: World
let alice: Person
let bob: Person
let laptop: Person
beforeEach(async () => {
  world = await World.create()
  ;[alice, bob] = await world.friends('Alice', 'Bob')
  laptop = await link(alice)
})
afterEach(() => world.close())

/** Another device, that knows what the first one knows. */
async function link(person: Person): Promise<Person> {
  const other = await world.linkDirectly(person)
  const count = (await other.do('listDevices', {})).length
  await until(async () => (await person.do('listDevices', {})).length === count, 'the first device knows the other')
  await until(() => other.hasConversation(bob), 'the other device knows Bob')
  return other
}

async function saying(person: Person, other: Person, text: string): Promise<Message> {
  const found = (await person.messages(other)).find(({ content }) => content.kind === 'text' && content.text === text)
  if (found === undefined) throw new Error(`${person.name} does not see "${text}"`)
  return found
}

test('[P91][D1] what Alice says on one device stands on the other as hers, with how far it got', async () => {
  await alice.say(bob, 'from the desk')
  await laptop.sees(bob, ['from the desk'])
  await laptop.reaches(bob, 'from the desk', 'delivered')
  await laptop.say(bob, 'from the sofa')
  await alice.sees(bob, ['Hello Bob', 'from the desk', 'from the sofa'])
  await bob.sees(alice, ['Hello Bob', 'from the desk', 'from the sofa'])
  await bob.read(alice)
  await alice.reaches(bob, 'from the sofa', 'read')
  await laptop.reaches(bob, 'from the desk', 'read')
})

test('[P91][D1] what Bob says comes to both, and is read once for both', async () => {
  await bob.say(alice, 'To all of you')
  await laptop.sees(bob, ['To all of you'])
  await alice.sees(bob, ['Hello Bob', 'To all of you'])
  expect((await alice.conversation(bob)).unread).toBe(1)
  await laptop.read(bob)
  await until(async () => (await alice.conversation(bob)).unread === 0, 'it is read on both')
})

test('[P65][P91] notes to oneself are on both devices; with one device, they leave it never', async () => {
  await laptop.do('findPerson', { username: 'alice' })
  await laptop.do('openConversation', { account: alice.account })
  await laptop.say(laptop, 'buy milk')
  await alice.sees(alice, ['buy milk'])
  await bob.do('findPerson', { username: 'bob' })
  await bob.do('openConversation', { account: bob.account })
  const heard = world.wiretap.heard()
  await bob.say(bob, 'only here')
  await bob.device.messenger.close()
  expect(world.wiretap.heard()).toBe(heard)
})

test('[P92] settings, drafts, blocks and what was verified are so on both', async () => {
  const id = personConversation(bob.account)
  await alice.do('updateSettings', { readReceipts: false, theme: 'dark' })
  await until(async () => !(await laptop.snapshot()).settings.readReceipts, 'receipts are off on both')
  expect((await laptop.snapshot()).settings.theme).toBe('system')
  await alice.do('saveDraft', { conversation: id, text: 'I wanted to' })
  await alice.do('saveDraft', { conversation: id, text: 'I wanted to say' })
  await world.clock.advance(2_000)
  await until(async () => (await laptop.conversation(bob)).draft === 'I wanted to say', 'the draft is there')
  await laptop.do('setVerified', { account: bob.account, verified: true })
  await until(async () => (await alice.conversation(bob)).person.safety.state === 'verified', 'verified on both')
  await alice.do('blockPerson', { account: bob.account })
  await until(async () => (await laptop.conversation(bob)).person.blocked, 'blocked on both')
  await laptop.do('unblockPerson', { account: bob.account })
  await until(async () => !(await alice.conversation(bob)).person.blocked, 'unblocked on both')
  await laptop.do('updateProfile', { name: 'Alice B', about: 'Two of me' })
  await until(async () => (await alice.snapshot()).profile?.about === 'Two of me', 'the profile is on both')
  expect((await alice.snapshot()).profile?.name).toBe('Alice B')
  await alice.do('setNickname', { account: bob.account, nickname: 'Bobby' })
  await alice.do('setNote', { account: bob.account, note: 'likes tea' })
  await alice.do('setMuted', { conversation: id, until: 'for-good' })
  await alice.do('setPinned', { conversation: id, pinned: true })
  await until(async () => (await laptop.conversation(bob)).pinned, 'pinned on both')
  const there = await laptop.conversation(bob)
  expect(there.person).toMatchObject({ nickname: 'Bobby', note: 'likes tea' })
  expect(there.muted).toEqual((await alice.conversation(bob)).muted)
})

test('[P92][P61] a request that is accepted or refused on one device is so on the other', async () => {
  const carol = await world.person('Carol')
  const dave = await world.person('Dave')
  for (const stranger of [carol, dave]) {
    await stranger.find(alice)
    for (const text of ['One', 'Two', 'Three', 'Four']) await stranger.say(alice, text)
    await laptop.sees(stranger, ['One', 'Two', 'Three'])
    await alice.sees(stranger, ['One', 'Two', 'Three'])
  }
  await laptop.accept(carol)
  await alice.sees(carol, ['One', 'Two', 'Three', 'Four'])
  await carol.reaches(alice, 'Four', 'delivered')
  await laptop.do('refuseRequest', { conversation: personConversation(dave.account) })
  await until(async () => !(await alice.hasConversation(dave)), 'it is refused on both')
})

test('[P93] what is deleted on one device goes from the other, also before it has come there', async () => {
  await bob.say(alice, 'delete me')
  await laptop.sees(bob, ['delete me'])
  await alice.sees(bob, ['Hello Bob', 'delete me'])
  await alice.do('deleteMessage', { message: (await saying(alice, bob, 'delete me')).id })
  await laptop.sees(bob, [])
  laptop.device.wire.cut()
  await bob.say(alice, 'and me')
  await alice.sees(bob, ['Hello Bob', 'and me'])
  await alice.do('deleteMessage', { message: (await saying(alice, bob, 'and me')).id })
  await alice.say(bob, 'last')
  laptop.device.wire.mend()
  await world.back(laptop)
  await laptop.sees(bob, ['last'])
  expect(await bob.reads(alice)).toEqual(['Hello Bob', 'delete me', 'and me', 'last'])
})

test('[P92] two devices that change the same thing at once come to the same', async () => {
  const id = personConversation(bob.account)
  alice.device.wire.cut()
  laptop.device.wire.cut()
  await alice.do('saveDraft', { conversation: id, text: 'from the desk' })
  await laptop.do('saveDraft', { conversation: id, text: 'from the sofa' })
  await world.clock.advance(2_000)
  for (const person of [laptop, alice]) person.device.wire.mend()
  await world.back(alice, laptop)
  const drafts = async () => [(await alice.conversation(bob)).draft, (await laptop.conversation(bob)).draft]
  await until(async () => new Set(await drafts()).size === 1, 'they agree')
  // By the same clock, the device with the higher number was later.
  expect(await drafts()).toEqual(['from the sofa', 'from the sofa'])
})

test('[P92] a third device hears everything from the two that are there', async () => {
  const id = personConversation(bob.account)
  await laptop.do('saveDraft', { conversation: id, text: 'half a sentence' })
  await world.clock.advance(2_000)
  await until(async () => (await alice.conversation(bob)).draft === 'half a sentence', 'the draft is there')
  await alice.do('setVerified', { account: bob.account, verified: true })
  await alice.do('renameDevice', { device: (await alice.snapshot()).profile?.device ?? 0, name: 'Desk' })
  const phone = await link(laptop)
  await until(async () => (await phone.conversation(bob)).draft === 'half a sentence', 'the phone has the draft')
  await until(async () => (await phone.conversation(bob)).person.safety.state === 'verified', 'and who was verified')
  const names = async () => (await phone.do('listDevices', {})).map(({ name, here }) => [name, here])
  await until(async () => (await names())[0]?.[0] === 'Desk', 'the names are told')
  expect(await names()).toEqual([
    ['Desk', false],
    ['Alice’s other device', false],
    ['Alice’s other device', true],
  ])
})

test('[P91][P54] a device that was off for three weeks has all that was said and done meanwhile', async () => {
  await laptop.close()
  for (let day = 0; day < 21; day++) {
    await alice.say(bob, `day ${day}`)
    await bob.say(alice, `answer ${day}`)
    world.clock.jump(86_400_000)
  }
  const all = Array.from({ length: 21 }, (_, day) => [`day ${day}`, `answer ${day}`]).flat()
  await until(async () => (await alice.reads(bob)).length === 43, 'Alice has it all')
  await alice.read(bob)
  await laptop.open()
  await world.back(laptop)
  await until(async () => (await laptop.reads(bob)).length === all.length, 'the laptop has it all')
  expect((await laptop.reads(bob)).toSorted()).toEqual(all.toSorted())
  await until(async () => (await laptop.conversation(bob)).unread === 0, 'and it is read')
})

test('[P93] after what got lost between the own devices, one asks the other how everything stands', async () => {
  const id = personConversation(bob.account)
  await laptop.close()
  await alice.do('saveDraft', { conversation: id, text: 'it went past the laptop' })
  await world.clock.advance(2_000)
  await alice.say(bob, 'too long ago')
  await alice.reaches(bob, 'too long ago', 'delivered')
  // Longer than the relay keeps it.
  world.clock.jump(31 * 86_400_000)
  await world.clock.sleep(3_600_000)
  await world.back(alice, bob)
  await alice.say(bob, 'now')
  await alice.reaches(bob, 'now', 'delivered')
  await laptop.open()
  await world.back(laptop)
  await until(async () => (await laptop.reads(bob)).includes('now'), 'the laptop is back')
  await until(async () => (await laptop.conversation(bob)).draft === 'it went past the laptop', 'it has asked')
})

test('[P93][P71] what a device cannot open of another own one is asked for again, without a placeholder', async () => {
  const copy = await laptop.backUp()
  await world.back(laptop)
  await alice.say(bob, 'a step of the ratchet')
  await laptop.sees(bob, ['a step of the ratchet'])
  await laptop.say(bob, 'and one back')
  await alice.sees(bob, ['Hello Bob', 'a step of the ratchet', 'and one back'])
  await laptop.close()
  await alice.say(bob, 'under way')
  await alice.reaches(bob, 'under way', 'delivered')
  await laptop.restore(copy)
  await laptop.open()
  await world.back(laptop)
  await until(async () => (await laptop.reads(bob)).includes('under way'), 'the laptop reads what was under way')
  expect(await laptop.hasConversation(alice)).toBe(false)
  // For Bob's receipts, which it could not open either, there are some until he has sent them again.
  await until(async () => !(await laptop.reads(bob)).includes('[undecryptable]'), 'Bob has answered')
})

test('[P50][P94] what was sealed before the list was read that names another device goes to that one, too', async () => {
  const { sql, wire } = bob.device
  wire.holdOutgoing()
  await alice.say(bob, 'from the desk')
  await bob.sees(alice, ['Hello Bob', 'from the desk'])
  const sealed = () => sql.get("SELECT 1 FROM outbox WHERE state = 'sealed'") !== undefined
  await until(sealed, 'Bob’s receipt is sealed, for the one device that he knows')
  wire.release()
  wire.holdIncoming()
  // He reads the list first, and hears then that the receipt lacks a device.
  const answers: (() => void)[] = []
  await until(() => {
    answers.push(...wire.takeIncoming())
    if (readDeviceList(sql, alice.account)?.version === 2) return true
    answers.shift()?.()
    return false
  }, 'Bob has read the list')
  for (const hear of answers) hear()
  wire.release()
  await alice.reaches(bob, 'from the desk', 'delivered')
  await bob.say(alice, 'to all of you')
  await laptop.sees(bob, ['from the desk', 'to all of you'])
})

test('[P98][K15] what Alice changes is changed for Bob and on her other device; what it said before can be looked up', async () => {
  const { id } = await alice.say(bob, 'Tea at fife?')
  await bob.sees(alice, ['Hello Bob', 'Tea at fife?'])
  await laptop.sees(bob, ['Tea at fife?'])
  await world.clock.advance(60_000)
  await laptop.do('editMessage', { message: id, text: 'Tea at five?' })
  await bob.sees(alice, ['Hello Bob', 'Tea at five?'])
  await alice.sees(bob, ['Hello Bob', 'Tea at five?'])
  await world.clock.advance(60_000)
  await alice.do('editMessage', { message: id, text: 'Tea at six?' })
  for (const person of [bob, laptop]) {
    const other = person === bob ? alice : bob
    await until(async () => (await person.reads(other)).includes('Tea at six?'), 'the second change is there')
    const { versions } = await person.do('listEdits', { message: id })
    expect(versions.map(({ text }) => text)).toEqual(['Tea at fife?', 'Tea at five?', 'Tea at six?'])
    expect((await saying(person, other, 'Tea at six?')).editedAt).toBe(world.clock.now())
  }
})

test('[P98][K15] two devices that change one message at once: everybody sees the same in the end', async () => {
  const { id } = await alice.say(bob, 'one')
  await laptop.sees(bob, ['one'])
  alice.device.wire.cut()
  laptop.device.wire.cut()
  await alice.do('editMessage', { message: id, text: 'two' })
  await world.clock.advance(1_000)
  await laptop.do('editMessage', { message: id, text: 'three' })
  laptop.device.wire.mend()
  await world.back(laptop)
  await bob.sees(alice, ['Hello Bob', 'three'])
  alice.device.wire.mend()
  await world.back(alice)
  await alice.sees(bob, ['Hello Bob', 'three'])
  const versions = async (person: Person) => (await person.do('listEdits', { message: id })).versions
  await until(async () => (await versions(bob)).length === 3, 'Bob has heard of both')
  await until(async () => (await versions(laptop)).length === 3, 'the laptop, too')
  expect((await versions(bob)).map(({ text }) => text)).toEqual(['one', 'two', 'three'])
  await bob.sees(alice, ['Hello Bob', 'three'])
})

test('[P99][K15] what Alice takes back is gone for Bob and on her other device, with all that it said before', async () => {
  const { id } = await alice.say(bob, 'a secret')
  await alice.do('editMessage', { message: id, text: 'another secret' })
  await bob.sees(alice, ['Hello Bob', 'another secret'])
  await laptop.sees(bob, ['another secret'])
  await laptop.do('recallMessages', { messages: [id] })
  await bob.sees(alice, ['Hello Bob', '[deleted]'])
  await alice.sees(bob, ['Hello Bob', '[deleted]'])
  for (const person of [alice, bob, laptop]) {
    const { device } = person
    expect((await person.do('listEdits', { message: id })).versions).toEqual([])
    expect(device.sql.all('SELECT text FROM messages WHERE id = ?', [id])).toEqual([{ text: null }])
    expect(device.sql.all('SELECT text FROM edits')).toEqual([])
  }
  expect((await bob.conversation(alice)).unread).toBe(1)
})

test('[P98][P99][K15] nobody but the author changes a message or takes it back, and not for ever', async () => {
  const { id } = await bob.say(alice, 'Bob’s own')
  await alice.sees(bob, ['Hello Bob', 'Bob’s own'])
  expect(await alice.try('editMessage', { message: id, text: 'Alice’s' })).toMatchObject({
    failure: { code: 'no-such-message' },
  })
  expect(await alice.try('recallMessages', { messages: [id] })).toMatchObject({ failure: { code: 'no-such-message' } })
  const mine = await alice.say(bob, 'a day old')
  await world.clock.sleep(86_400_001)
  await world.back(alice)
  expect(await alice.try('editMessage', { message: mine.id, text: 'new' })).toMatchObject({
    failure: { code: 'too-late' },
  })
  expect(await alice.try('recallMessages', { messages: [mine.id] })).toMatchObject({ failure: { code: 'too-late' } })
  const unknown = MessageId.parse('0b6c2f5e-3a7e-4b6a-9c55-0d9b9f1f2a11')
  expect(await alice.try('listEdits', { message: unknown })).toMatchObject({ failure: { code: 'no-such-message' } })
})

test('[P96][P83] a device put back from a copy of before the other was linked leaves that one in the list', async () => {
  const copy = await alice.backUp()
  await world.back(alice)
  const phone = await link(laptop)
  await until(async () => (await alice.do('listDevices', {})).length === 3, 'Alice knows all three')
  await alice.restore(copy)
  await alice.open()
  await until(async () => {
    await world.clock.advance(500)
    return (await alice.do('listDevices', {})).length === 3
  }, 'the list is whole')
  await world.back(alice)
  await alice.say(bob, 'back again')
  for (const one of [laptop, phone]) await until(async () => (await one.reads(bob)).includes('back again'), 'told')
  await phone.say(bob, 'I am still here')
  await until(async () => (await alice.reads(bob)).includes('I am still here'), 'Alice is told')
  expect(await bob.reads(alice)).toEqual(['Hello Bob', 'back again', 'I am still here'])
})

test('[P96][P95] a device put back from a copy of before it was removed is removed', async () => {
  const copy = await laptop.backUp()
  await world.back(laptop)
  await alice.do('revokeDevice', { device: 2 })
  await laptop.restore(copy)
  await laptop.open()
  await until(async () => {
    await world.clock.advance(500)
    return (await laptop.snapshot()).stage.stage === 'closed'
  }, 'it says so')
  await alice.say(bob, 'without the laptop')
  await bob.sees(alice, ['Hello Bob', 'without the laptop'])
})

test('[P92] what is agreed about a group that has not come to the other device yet holds there once it has', async () => {
  laptop.device.wire.holdIncoming()
  const made = await alice.do('createGroup', { title: 'Hiking' })
  await alice.do('setPinned', { conversation: made.id, pinned: true })
  await alice.do('setMuted', { conversation: made.id, until: 'for-good' })
  await alice.do('saveDraft', { conversation: made.id, text: 'Who is' })
  await world.clock.advance(5_000)
  laptop.device.wire.release()
  await world.back(laptop)
  const row = async () => (await laptop.snapshot()).conversations.find(({ id }) => id === made.id)
  await until(async () => (await row())?.group?.standing === 'member', 'the group is on the laptop')
  await until(async () => (await row())?.draft === 'Who is', 'the draft too')
  expect(await row()).toMatchObject({ pinned: true, muted: 'for-good' })
})

test('[P95][P94] who removed a device was cut off before saying so: the first of the devices says it', async () => {
  const phone = await link(alice)
  await until(async () => (await alice.do('listDevices', {})).length === 3, 'Alice knows all three')
  await bob.say(alice, 'to three')
  await phone.sees(bob, ['to three'])
  const known = () => devicesOf(readDeviceList(bob.device.sql, alice.account) ?? { list: new Uint8Array() })
  await until(() => known().length === 3, 'Bob knows all three')
  phone.device.wire.holdIncoming()
  const removed = phone.try('revokeDevice', { device: 2 })
  await until(async () => (await world.relayTotals()).devices === 3, 'the relay has the list: Bob has one, Alice two')
  await phone.close()
  expect(await removed).toMatchObject({ ok: false })
  alice.device.wire.cut()
  alice.device.wire.mend()
  await world.back(alice)
  await until(() => known().length === 2, 'Bob has heard, and nobody has said a word')
})

/** What both devices show of it, once they are back and agree. */
async function agreed<T>(shown: (person: Person) => Promise<T>): Promise<T> {
  for (const person of [alice, laptop]) person.device.wire.mend()
  await world.back(alice, laptop)
  let last: T[] = []
  await until(
    async () => {
      await world.clock.advance(500)
      last = [await shown(alice), await shown(laptop)]
      return JSON.stringify(last[0]) === JSON.stringify(last[1])
    },
    () => `they agree, but it is ${JSON.stringify(last)}`,
  )
  return last[0] as T
}

function cutBoth(): void {
  for (const person of [alice, laptop]) person.device.wire.cut()
}

test('[P92] two devices that change the name at once come to the same, and so do others', async () => {
  cutBoth()
  await alice.do('updateProfile', { name: 'Alice', about: 'at the desk' })
  for (const name of ['Alice A', 'Alice B']) await alice.do('updateProfile', { name })
  await world.clock.advance(1_000)
  await laptop.do('updateProfile', { name: 'Alice L' })
  const shown = async (person: Person) => {
    const { profile } = await person.snapshot()
    return [profile?.name, profile?.about]
  }
  alice.device.wire.mend()
  await world.back(alice)
  await until(async () => (await bob.conversation(alice)).person.name === 'Alice B', 'Bob has heard of the first')
  expect(await agreed(shown)).toEqual(['Alice L', 'at the desk'])
  // With what is said next, if not before.
  await alice.say(bob, 'It is me')
  await until(async () => (await bob.conversation(alice)).person.name === 'Alice L', 'Bob calls her so, too')
})

test('[P92][P171] a chat that is put away on one device and put at the top on the other is in one place on both', async () => {
  const conversation = personConversation(bob.account)
  const shown = async (person: Person) => {
    const { pinned, archived } = await person.conversation(bob)
    return { pinned, archived }
  }
  cutBoth()
  await alice.do('setArchived', { conversation, archived: true })
  await world.clock.advance(1_000)
  await laptop.do('setPinned', { conversation, pinned: true })
  expect(await agreed(shown)).toEqual({ pinned: true, archived: false })
  cutBoth()
  await laptop.do('setPinned', { conversation, pinned: true })
  await world.clock.advance(1_000)
  await alice.do('setArchived', { conversation, archived: true })
  expect(await agreed(shown)).toEqual({ pinned: false, archived: true })
})

test('[P171] what was said before a chat was put away does not bring it back where it comes late; what is said then does, on both', async () => {
  const conversation = personConversation(bob.account)
  const archived = async (person: Person) => (await person.conversation(bob)).archived
  laptop.device.wire.cut()
  await bob.say(alice, 'early')
  await alice.sees(bob, ['Hello Bob', 'early'])
  await world.clock.advance(1_000)
  await alice.do('setArchived', { conversation, archived: true })
  const { wire } = laptop.device
  wire.mend()
  await world.back(laptop)
  await laptop.sees(bob, ['early'])
  expect(await agreed(archived)).toBe(true)
  // Muted on one device alone when it is said, and not any more when they meet.
  cutBoth()
  await laptop.do('setMuted', { conversation, until: 'for-good' })
  await bob.say(alice, 'late')
  wire.mend()
  await world.back(laptop)
  await laptop.sees(bob, ['early', 'late'])
  expect(await archived(laptop)).toBe(true)
  await laptop.do('setMuted', { conversation, until: null })
  expect(await agreed(archived)).toBe(false)
})

test('[P92] who reads less on one device than on the other, and later, has read it all on both', async () => {
  const texts = ['one', 'two', 'three']
  for (const text of texts) await bob.say(alice, text)
  await laptop.sees(bob, texts)
  await alice.sees(bob, ['Hello Bob', ...texts])
  cutBoth()
  await alice.read(bob)
  await world.clock.advance(1_000)
  await laptop.do('markRead', {
    conversation: personConversation(bob.account),
    upTo: (await saying(laptop, bob, 'one')).id,
  })
  expect(await agreed(async (person) => (await person.conversation(bob)).unread)).toBe(0)
})

test('[P92][P61] a request that is accepted on one device stays so, though the other refuses it later, not knowing', async () => {
  const carol = await world.person('Carol')
  await carol.find(alice)
  await carol.say(alice, 'May I?')
  for (const person of [alice, laptop]) await person.sees(carol, ['May I?'])
  cutBoth()
  await alice.accept(carol)
  await world.clock.advance(1_000)
  await laptop.do('refuseRequest', { conversation: personConversation(carol.account) })
  expect(await agreed((person) => person.hasConversation(carol))).toBe(true)
})

test('[P92] what was agreed with a device that is gone, and changed since, is told to the next one as it is', async () => {
  const conversation = personConversation(bob.account)
  await alice.do('setArchived', { conversation, archived: true })
  await until(async () => (await laptop.conversation(bob)).archived, 'the laptop has heard')
  const there = (await laptop.snapshot()).profile?.device
  if (there === undefined) throw new Error('the laptop is no device')
  await alice.do('revokeDevice', { device: there })
  await alice.do('setArchived', { conversation, archived: false })
  laptop = await link(alice)
  expect(await agreed(async (person) => (await person.conversation(bob)).archived)).toBe(false)
})
