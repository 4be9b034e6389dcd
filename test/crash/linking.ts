// Another device of somebody, linked through deaths and refusals.

import type { ConversationId } from '../../src/shared/ids.ts'
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
  const textsOf = async (chatter: Chatter) =>
    (await chatter.messagesIn(conversation)).flatMap(({ content }) => (content.kind === 'text' ? content.text : []))
  const said = await textsOf(owner)
  await fresh.persist(async () => {
    const { conversations } = await fresh.ask('getSnapshot', {})
    return conversations.some(({ id }) => id === conversation) && (await textsOf(fresh)).length >= said.length
  })
  return [await textsOf(fresh), said]
}
