// The new device's half of a link: it shows a code, shows the words, and becomes one of the account's devices [P104].

import { type Answer, answer, refuse, unreachable } from '../../shared/answer.ts'
import type { Failure } from '../../shared/failure.ts'
import { base64url, writeLinkAddress } from '../../shared/link-address.ts'
import { inGroups } from '../../shared/link-code.ts'
import type { DeviceName, Linking, RelayPlace } from '../../shared/model.ts'
import { randomRegistrationId } from '../account/create.ts'
import type { Ports } from '../ports.ts'
import { createQueue } from '../queue.ts'
import { LinkKey, sealTo } from '../signal/link-key.ts'
import { type Handover, readHandover, readLinkMessage, writeLinkMessage, writeOffer } from './messages.ts'
import { openRendezvous } from './open-rendezvous.ts'
import { ADOPTED, OFFER, PROVISION } from './purposes.ts'
import type { Rendezvous } from './rendezvous.ts'
import { commitmentTo, transcriptOf, wordsOf } from './words.ts'

export interface Wish {
  relay: RelayPlace
  deviceName: DeviceName
}

export interface BeingLinked {
  state(): Linking
  /** Shows a code. One that was shown before is good no longer. */
  begin(wish: Wish): Promise<Answer<{ code: string; link: string }>>
  cancel(): void
  /** Nothing is told any more. */
  close(): void
}

/** @param adopt commits the account: what it refuses, or throws, leaves nothing behind. */
export function createBeingLinked(
  ports: Ports,
  tell: (linking: Linking) => void,
  adopt: (
    handover: Handover,
    wish: Wish,
    registrationId: ReturnType<typeof randomRegistrationId>,
  ) => Promise<Answer<null>>,
): BeingLinked {
  let linking: Linking = { state: 'none' }
  let under: Rendezvous | undefined
  /** Counts attempts: what an earlier one still has to say is not heard. */
  let attempt = 0

  function enter(next: Linking): void {
    linking = next
    tell(next)
  }

  function leave(): void {
    attempt += 1
    under?.leave()
    under = undefined
  }

  async function begin(wish: Wish): Promise<Answer<{ code: string; link: string }>> {
    leave()
    const mine = attempt
    const key = LinkKey.generate()
    const registrationId = randomRegistrationId(ports.random)
    const offer = writeOffer({
      publicKey: key.publicKey,
      nonce: ports.random.bytes(32),
      registrationId,
      deviceName: wish.deviceName,
    })
    const inTurn = createQueue()
    let commitment = new Uint8Array()
    let answered: { answer: Uint8Array; transcript: Uint8Array } | undefined

    function fail(failure: Failure): void {
      if (mine !== attempt) return
      leave()
      enter({ state: 'failed', failure })
    }

    function takeInTurn(work: () => Promise<void>): void {
      inTurn.run(work).catch((error: unknown) => {
        ports.log.error('linking.failed', { error: error instanceof Error ? error.name : 'unknown' })
        fail({ code: 'internal' })
      })
    }

    async function hear(content: Uint8Array): Promise<void> {
      const body = readLinkMessage(content)
      const there = under
      if (mine !== attempt || there === undefined) return
      switch (body.case) {
        case 'answer':
          if (answered === undefined) return answerCame(there, body.value)
          break
        case 'provision':
          if (answered !== undefined) return provisionCame(there, answered, body.value)
          break
        case 'refusal':
          return fail({ code: 'link-refused' })
        case 'commitment':
        case 'offer':
        case 'adopted':
        case undefined:
          break
        default:
          unreachable(body)
      }
      fail({ code: 'link-spoiled' })
    }

    async function answerCame(there: Rendezvous, theirs: Uint8Array): Promise<void> {
      const sealed = sealTo(theirs, offer, OFFER, commitment)
      if (sealed === undefined) return fail({ code: 'link-spoiled' })
      const transcript = transcriptOf(there.relay, commitment, theirs, offer)
      answered = { answer: theirs, transcript }
      const said = await there.say(writeLinkMessage({ case: 'offer', value: sealed }))
      if (!said.ok) return fail({ code: 'link-broken' })
      if (mine !== attempt) return
      enter({ state: 'comparing', words: wordsOf(transcript), decides: false, deviceName: wish.deviceName })
    }

    async function provisionCame(
      there: Rendezvous,
      { answer: theirs, transcript }: { answer: Uint8Array; transcript: Uint8Array },
      sealed: Uint8Array,
    ): Promise<void> {
      const opened = key.open(sealed, PROVISION, transcript)
      const handover = opened && readHandover(opened)
      const adopted = sealTo(theirs, new Uint8Array(), ADOPTED, transcript)
      if (handover === undefined || adopted === undefined) return fail({ code: 'link-spoiled' })
      enter({ state: 'handing-over' })
      const taken = await adopt(handover, wish, registrationId)
      if (!taken.ok) return fail(taken.failure)
      // It is ours now, whether the other device hears of it or not.
      await there.say(writeLinkMessage({ case: 'adopted', value: adopted }))
      leave()
      enter({ state: 'none' })
    }

    const address = await ports.findRelay(wish.relay).catch(() => undefined)
    if (address === undefined) return refuse('not-connected')
    const opened = await openRendezvous(ports, address, {
      heard: (content) => takeInTurn(() => hear(content)),
      // Behind what the other side said before it left.
      over: (failure) => takeInTurn(async () => fail(failure)),
    })
    if (!opened.ok) return opened
    const { code, rendezvous } = opened.value
    if (mine !== attempt) {
      rendezvous.leave()
      return refuse('link-broken', 'begun anew')
    }
    under = rendezvous
    commitment = commitmentTo(rendezvous.relay, offer)
    const said = await rendezvous.say(writeLinkMessage({ case: 'commitment', value: commitment }))
    if (!said.ok || mine !== attempt) {
      if (mine === attempt) leave()
      return said.ok ? refuse('link-broken', 'begun anew') : said
    }
    const link = writeLinkAddress({
      code,
      relay: wish.relay.kind === 'address' ? wish.relay.url : undefined,
      commitment: base64url(commitment),
    })
    enter({ state: 'waiting', code: inGroups(code), link, expiresAt: rendezvous.expiresAt })
    return answer({ code: inGroups(code), link })
  }

  return {
    state: () => linking,
    begin,
    cancel() {
      leave()
      enter({ state: 'none' })
    },
    close: leave,
  }
}
