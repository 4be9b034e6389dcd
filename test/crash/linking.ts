// Another device of somebody, through deaths and refusals: linked, given other keys, removed; and chats out of a file.

import { type ConversationId, DeviceId, personConversation } from '../../src/shared/ids.ts'
import type { Chatter } from './chatter.ts'

/** Until the fresh install is a device of the owner's account, however often one has to begin again. */
export async function link(owner: Chatter, fresh: Chatter): Promise<void> {
  await fresh.persist(async () => {
    const { profile, linking } = await fresh.ask('getSnapshot', {})
    if (profile !== null) return true
    const seen = await owner.ask('getSnapshot', {})
    if (seen.connection.state !== 'online') await owner.ask('reconnect', {})
    else if (linking.state === 'none' || linking.state === 'failed')
      await fresh.ask('beginLink', { relay: { kind: 'this-computer' }, deviceName: fresh.name })
    else if (linking.state === 'waiting' && !isUnderWay(seen.linking.state))
      await owner.ask('joinLink', { code: linking.code })
    else if (linking.state === 'comparing' && seen.linking.state === 'comparing')
      await owner.ask('confirmLink', { same: linking.words.join() === seen.linking.words.join() })
    return false
  })
}

function isUnderWay(state: string): boolean {
  return state === 'meeting' || state === 'comparing' || state === 'handing-over'
}

/** Until all that was said before is there: the same messages, each once, in the same order. */
export async function knows(fresh: Chatter, owner: Chatter, conversation: ConversationId): Promise<string[][]> {
  const said = await texts(owner, conversation)
  await fresh.persist(async () => {
    const { conversations } = await fresh.ask('getSnapshot', {})
    return (
      conversations.some(({ id }) => id === conversation) && (await texts(fresh, conversation)).length >= said.length
    )
  })
  return [await texts(fresh, conversation), said]
}

export async function texts(chatter: Chatter, conversation: ConversationId): Promise<string[]> {
  return (await chatter.messagesIn(conversation)).flatMap(({ content }) =>
    content.kind === 'text' ? content.text : [],
  )
}

/** One text, which everybody reads at the end of where they read it. */
export async function saysToAll(
  speaker: Chatter,
  conversation: ConversationId,
  readers: readonly (readonly [Chatter, ConversationId])[],
): Promise<void> {
  const text = `${speaker.name} goes on`
  await speaker.persist(async () => {
    if (!(await texts(speaker, conversation)).includes(text)) await speaker.ask('sendMessage', { conversation, text })
    return true
  })
  for (const [reader, at] of readers) await reader.persist(async () => (await texts(reader, at)).at(-1) === text)
}

/** The account has other keys, however often the messenger dies on the way. */
export async function replacesKeys(owner: Chatter): Promise<void> {
  await owner.persist(async () => {
    const shown = await owner.ask('getKeyReplacement', {})
    if (shown?.done.some(({ what }) => what === 'new-keys')) return true
    await owner.ask('replaceKeys', { revoke: null })
    return false
  })
}

/** The safety number has changed, and they have looked. */
export async function accepts(chatter: Chatter, other: Chatter): Promise<void> {
  const { account } = other.profile
  await chatter.persist(async () => {
    const { conversations } = await chatter.ask('getSnapshot', {})
    const found = conversations.find(({ id }) => id === personConversation(account))
    if (found?.kind !== 'person' || found.person.safety.state !== 'changed') return false
    await chatter.ask('acceptSafetyNumber', { account })
    return true
  })
}

export async function removes(owner: Chatter, device: number): Promise<void> {
  await owner.persist(async () => {
    const devices = await owner.ask('listDevices', {})
    if (!devices.some((one) => one.device === device)) return true
    await owner.ask('revokeDevice', { device: DeviceId.parse(device) })
    return false
  })
}

/** Where a chat was exported to that is gone here. */
export async function exportsAndForgets(
  chatter: Chatter,
  conversation: ConversationId,
  folder: string,
): Promise<string> {
  const { path } = await chatter.ask('exportHistory', { format: 'json', conversation, folder, readableByAnybody: true })
  for (const { id, content } of await chatter.messagesIn(conversation))
    if (content.kind === 'text') await chatter.ask('deleteMessage', { message: id })
  return path
}

/** Again, until it says that all of it is here. */
export async function imports(chatter: Chatter, folder: string): Promise<void> {
  await chatter.persist(async () => {
    const { added, known } = await chatter.ask('importHistory', { folder })
    return added === 0 && known > 0
  })
}
