// The half of a link that belongs to the device with the account: it joins by the code, its person compares the words, and
// only then it hands the account over [P104].

import { type Answer, answer, refuse, unreachable } from '../../shared/answer.ts'
import type { Failure } from '../../shared/failure.ts'
import type { DeviceId } from '../../shared/ids.ts'
import { base64url, readLinkAddress } from '../../shared/link-address.ts'
import type { Linking } from '../../shared/model.ts'
import { addDevice, type Provision } from '../devices/adopt.ts'
import type { Ports } from '../ports.ts'
import { createQueue } from '../queue.ts'
import { sameBytes } from '../signal/bytes.ts'
import { LinkKey, sealTo } from '../signal/link-key.ts'
import type { OwnAccount } from '../signal/own-identity.ts'
import type { RelayConnection } from '../sync/connection.ts'
import { type Offer, readLinkMessage, readOffer, writeHandover, writeLinkMessage } from './messages.ts'
import { ADOPTED, OFFER, PROVISION } from './purposes.ts'
import { joinRendezvous, type Rendezvous } from './rendezvous.ts'
import { commitmentTo, transcriptOf, wordsOf } from './words.ts'

export interface LinkNeeds {
  ports: Ports
  account: OwnAccount
  connection: RelayConnection
  tell(linking: Linking): void
  /** The new device has said that it is one of ours. */
  adopted(device: DeviceId, offer: Offer): void
}

export interface LinkAnother {
  state(): Linking
  /** `typed`: a code, or the address behind a square code. */
  join(typed: string): Promise<Answer<null>>
  /** Whether the person says that both screens show the same words. */
  confirm(same: boolean): Promise<Answer<null>>
  cancel(): void
  /** Nothing is told any more. */
  close(): void
}

/** How far the other device has come. */
type Progress =
  | { at: 'joined' }
  | { at: 'answered'; key: LinkKey; commitment: Uint8Array }
  | { at: 'comparing'; key: LinkKey; offer: Offer; transcript: Uint8Array }
  | { at: 'handing-over'; key: LinkKey; offer: Offer; transcript: Uint8Array; provision: Provision }

export function createLinkAnother({ ports, account, connection, tell, adopted }: LinkNeeds): LinkAnother {
  const { sql, clock, log } = ports
  let linking: Linking = { state: 'none' }
  let under: Rendezvous | undefined
  let progress: Progress = { at: 'joined' }
  let expected: string | undefined
  let attempt = 0
  const inTurn = createQueue()

  function enter(next: Linking): void {
    linking = next
    tell(next)
  }

  function leave(): void {
    attempt += 1
    under?.leave()
    under = undefined
    progress = { at: 'joined' }
  }

  function fail(failure: Failure): void {
    leave()
    enter({ state: 'failed', failure })
  }

  async function join(typed: string): Promise<Answer<null>> {
    const address = readLinkAddress(typed)
    if (address === undefined) return refuse('no-such-link', 'not a code')
    // What was under way ends here, whatever comes of this code.
    const wasUnderWay = under !== undefined
    leave()
    if (wasUnderWay) enter({ state: 'none' })
    const mine = attempt
    const isMine = () => mine === attempt
    const takeInTurn = (work: () => Promise<void>) => {
      inTurn
        .run(async () => {
          if (isMine()) await work()
        })
        .catch((error: unknown) => {
          log.error('linking.failed', { error: error instanceof Error ? error.name : 'unknown' })
          if (isMine()) fail({ code: 'internal' })
        })
    }
    const heard = (content: Uint8Array) => takeInTurn(() => hear(content))
    // Behind what the other side said before it left.
    const over = (failure: Failure) => takeInTurn(async () => fail(failure))
    // What waits there is heard right behind the answer: after this.
    return inTurn.run(async () => {
      const joined = await joinRendezvous({ connection, clock }, address.code, { heard, over })
      if (!joined.ok) return joined
      if (!isMine()) {
        joined.value.leave()
        return refuse('link-broken', 'begun anew')
      }
      expected = address.commitment
      under = joined.value
      enter({ state: 'meeting' })
      return answer(null)
    })
  }

  async function hear(content: Uint8Array): Promise<void> {
    const body = readLinkMessage(content)
    const there = under
    if (there === undefined) return
    switch (body.case) {
      case 'commitment':
        if (progress.at === 'joined') return commitmentCame(there, body.value)
        break
      case 'offer':
        if (progress.at === 'answered') return offerCame(there, progress, body.value)
        break
      case 'adopted':
        if (progress.at === 'handing-over') return adoptedCame(progress, body.value)
        break
      case 'answer':
      case 'provision':
      case 'refusal':
      case undefined:
        break
      default:
        unreachable(body)
    }
    fail({ code: 'link-spoiled' })
  }

  async function commitmentCame(there: Rendezvous, commitment: Uint8Array): Promise<void> {
    // Whoever scanned it knows already what the new device has committed itself to.
    const isExpected = expected === undefined || expected === base64url(commitment)
    if (commitment.length !== 32 || !isExpected) return fail({ code: 'link-spoiled' })
    const key = LinkKey.generate()
    progress = { at: 'answered', key, commitment }
    const said = await there.say(writeLinkMessage({ case: 'answer', value: key.publicKey }))
    if (!said.ok && under === there) fail({ code: 'link-broken' })
  }

  async function offerCame(there: Rendezvous, { key, commitment }: Progress & { at: 'answered' }, sealed: Uint8Array) {
    const opened = key.open(sealed, OFFER, commitment)
    const offer = opened && readOffer(opened)
    if (opened === undefined || offer === undefined) return fail({ code: 'link-spoiled' })
    if (!sameBytes(commitmentTo(there.relay, opened), commitment)) return fail({ code: 'link-spoiled' })
    const transcript = transcriptOf(there.relay, commitment, key.publicKey, opened)
    progress = { at: 'comparing', key, offer, transcript }
    enter({ state: 'comparing', words: wordsOf(transcript), decides: true, deviceName: offer.deviceName })
  }

  async function confirm(same: boolean): Promise<Answer<null>> {
    return inTurn.run(async () => {
      const there = under
      if (there === undefined || progress.at !== 'comparing') return refuse('no-such-link', 'nothing to compare')
      if (!same) {
        await there.say(writeLinkMessage({ case: 'refusal', value: {} }))
        if (under === there) fail({ code: 'link-refused' })
        return answer(null)
      }
      const { key, offer, transcript } = progress
      const provision = addDevice({ sql, clock }, account, offer)
      if (!provision.ok) {
        fail(provision.failure)
        return provision
      }
      const handover = writeHandover({ provision: provision.value, from: account.device })
      const sealed = sealTo(offer.publicKey, handover, PROVISION, transcript)
      if (sealed === undefined) {
        fail({ code: 'link-spoiled' })
        return refuse('link-spoiled')
      }
      progress = { at: 'handing-over', key, offer, transcript, provision: provision.value }
      enter({ state: 'handing-over' })
      const said = await there.say(writeLinkMessage({ case: 'provision', value: sealed }))
      ports.crash?.('link.handed-over')
      if (said.ok) return answer(null)
      if (under === there) fail({ code: 'link-broken' })
      return refuse('link-broken')
    })
  }

  async function adoptedCame(
    { key, transcript, provision, offer }: Progress & { at: 'handing-over' },
    sealed: Uint8Array,
  ): Promise<void> {
    if (key.open(sealed, ADOPTED, transcript) === undefined) return fail({ code: 'link-spoiled' })
    leave()
    enter({ state: 'done' })
    adopted(provision.device, offer)
  }

  return {
    state: () => linking,
    join,
    confirm,
    cancel() {
      leave()
      enter({ state: 'none' })
    },
    close: leave,
  }
}
