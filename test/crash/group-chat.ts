// Talking in a group, through deaths and refusals.

import { expect } from 'vitest'
import type { ConversationId } from '../../src/shared/ids.ts'
import type { Message } from '../../src/shared/model.ts'
import type { Chatter } from './chatter.ts'

const TITLE = 'Survivors'
/** So that keys change all the time. */
const MESSAGES_OF_AN_EPOCH = 7
const AT_ONCE = 4

export async function gather(alice: Chatter, bob: Chatter): Promise<ConversationId> {
  let id: ConversationId | undefined
  await alice.persist(async () => {
    id ??= await groupOf(alice)
    id ??= (
      await alice.ask('createGroup', {
        title: TITLE,
        people: [bob.profile.account],
        policies: { rotationMessages: MESSAGES_OF_AN_EPOCH },
      })
    ).id
    return true
  })
  if (id === undefined) throw new Error('there is no group')
  await accepts(bob, id)
  return id
}

/** With all that was said before they came. */
export async function invites(member: Chatter, conversation: ConversationId, other: Chatter): Promise<void> {
  await member.persist(async () => {
    await member.ask('inviteToGroup', { conversation, people: [other.profile.account], history: { kind: 'all' } })
    return true
  })
  await other.persist(async () => (await standingOf(other, conversation)) === 'invited')
}

export async function accepts(chatter: Chatter, conversation: ConversationId): Promise<void> {
  await chatter.persist(async () => {
    const standing = await standingOf(chatter, conversation)
    if (standing === 'invited') await chatter.ask('answerInvitation', { conversation, accept: true })
    return standing === 'member'
  })
}

async function standingOf(chatter: Chatter, conversation: ConversationId): Promise<string | undefined> {
  const { conversations } = await chatter.ask('getSnapshot', {})
  return conversations.find(({ id }) => id === conversation)?.group?.standing
}

async function groupOf(chatter: Chatter): Promise<ConversationId | undefined> {
  const { conversations } = await chatter.ask('getSnapshot', {})
  return conversations.find(({ group }) => group?.title === TITLE)?.id
}

/** Goes on with the next text until so many are said. */
export async function sayUpTo(chatter: Chatter, conversation: ConversationId, count: number): Promise<void> {
  await chatter.persist(async () => {
    const said = textsOf(chatter, await chatter.messagesIn(conversation), true).length
    for (let next = said; next < count; next += AT_ONCE) {
      const texts = Array.from({ length: Math.min(AT_ONCE, count - next) }, (_, index) => chatter.text(next + index))
      await Promise.all(texts.map((text) => chatter.ask('sendMessage', { conversation, text })))
    }
    return true
  })
}

/** All they have said is at the relay, and may have been read since. */
export async function isOut(chatter: Chatter, conversation: ConversationId, count: number): Promise<void> {
  await chatter.persist(async () => {
    const own = (await chatter.messagesIn(conversation)).filter((message) => message.own && isText(message))
    return own.length >= count && own.every(({ delivery }) => delivery?.state === 'sent' || delivery?.state === 'read')
  })
}

/** The same texts, each once, in the same order. */
export async function isHeard(
  speaker: Chatter,
  listener: Chatter,
  conversation: ConversationId,
  count: number,
): Promise<void> {
  const expected = Array.from({ length: count }, (_, index) => speaker.text(index))
  await isOut(speaker, conversation, count)
  await listener.persist(async () => textsOf(speaker, await listener.messagesIn(conversation), false).length >= count)
  expect(textsOf(speaker, await speaker.messagesIn(conversation), true)).toEqual(expected)
  const heard = await listener.messagesIn(conversation)
  expect(textsOf(speaker, heard, false)).toEqual(expected)
  expect(heard.filter(({ content }) => content.kind === 'gap' || content.kind === 'key-missing')).toEqual([])
}

function textsOf(author: Chatter, messages: readonly Message[], own: boolean): string[] {
  return messages.flatMap((message) =>
    message.content.kind === 'text' && message.own === own && message.author === author.profile.account
      ? message.content.text
      : [],
  )
}

function isText({ content }: Message): boolean {
  return content.kind === 'text'
}
