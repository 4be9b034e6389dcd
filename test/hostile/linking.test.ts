// A relay in the middle of a link: it can end it, and it can show different words. It cannot get the account.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type LinkBody,
  readLinkMessage,
  readOffer,
  writeLinkMessage,
  writeOffer,
} from '../../src/engine/linking/messages.ts'
import { ADOPTED, OFFER, PROVISION } from '../../src/engine/linking/purposes.ts'
import { commitmentTo, transcriptOf, wordsOf } from '../../src/engine/linking/words.ts'
import { LinkKey, sealTo } from '../../src/engine/signal/link-key.ts'
import { readAccount } from '../../src/engine/storage/account.ts'
import type { Person } from '../person.ts'
import { World } from '../world.ts'
import { EvilRelay, type Misdeed } from './evil-relay.ts'

let world: World
let evil: EvilRelay
let alice: Person
let laptop: Person
beforeEach(async () => {
  world = await World.create()
  evil = await EvilRelay.before(() => world.address())
  alice = await world.person('Alice', evil.address)
  laptop = await world.freshInstall(alice, 'laptop', evil.address)
})
afterEach(async () => {
  await world.close()
  await evil.close()
})

/** Does something to what is said in the rendezvous. Undefined: swallowed. */
function rewriting(rewrite: (body: ReturnType<typeof readLinkMessage>) => LinkBody | undefined): Misdeed {
  return {
    toDevice: (body) => {
      if (body.case !== 'rendezvousMessage') return body
      const rewritten = rewrite(readLinkMessage(body.value.content))
      if (rewritten === undefined) return undefined
      return { ...body, value: { ...body.value, content: writeLinkMessage(rewritten) } }
    },
  }
}

async function meet(typed?: string): Promise<void> {
  const { code } = await laptop.beginLink()
  await alice.do('joinLink', { code: typed ?? code })
}

/** The relay plays the other device towards each of the two, with keys of its own. */
class Between {
  readonly own = LinkKey.generate()
  readonly towardsLaptop = LinkKey.generate()
  offer: Uint8Array<ArrayBuffer> = new Uint8Array()
  commitment: Uint8Array<ArrayBuffer> = new Uint8Array()
  laptopsCommitment = new Uint8Array()
  answer: Uint8Array<ArrayBuffer> = new Uint8Array()
  transcript: Uint8Array<ArrayBuffer> = new Uint8Array()
  stolen: Uint8Array | undefined
  relay: Uint8Array<ArrayBuffer> = new Uint8Array()

  readonly misdeed: Misdeed = {
    toDevice: (body) => {
      if (body.case === 'welcome') this.relay = new Uint8Array(body.value.relay)
      if (body.case !== 'rendezvousMessage') return body
      const content = this.#swapped(readLinkMessage(body.value.content))
      return { ...body, value: { ...body.value, content: writeLinkMessage(content) } }
    },
  }

  #swapped(body: ReturnType<typeof readLinkMessage>): LinkBody {
    switch (body.case) {
      case 'commitment':
        this.laptopsCommitment = new Uint8Array(body.value)
        return { case: 'commitment', value: this.#ownCommitment() }
      case 'answer':
        this.answer = new Uint8Array(body.value)
        return { case: 'answer', value: this.towardsLaptop.publicKey }
      case 'offer': {
        const opened = this.towardsLaptop.open(body.value, OFFER, this.laptopsCommitment)
        if (opened === undefined || readOffer(opened) === undefined) throw new Error('the offer did not open')
        const sealed = sealTo(this.answer, this.offer, OFFER, this.commitment)
        if (sealed === undefined) throw new Error('no offer of ours')
        this.transcript = transcriptOf(this.relay, this.commitment, this.answer, this.offer)
        return { case: 'offer', value: sealed }
      }
      case 'provision':
        this.stolen = this.own.open(body.value, PROVISION, this.transcript)
        return { case: 'provision', value: new Uint8Array(body.value) }
      case 'refusal':
        return { case: 'refusal', value: {} }
      default:
        throw new Error(`not swapped: ${body.case}`)
    }
  }

  #ownCommitment(): Uint8Array<ArrayBuffer> {
    const registrationId = 4711 as never
    this.offer = writeOffer({
      publicKey: this.own.publicKey,
      nonce: new Uint8Array(32),
      registrationId,
      deviceName: 'Mine' as never,
    })
    this.commitment = commitmentTo(this.relay, this.offer)
    return this.commitment
  }
}

describe('[P104] keys swapped on the way', () => {
  test('[P104] by a relay that plays both: the words differ, and who says so keeps the account', async () => {
    const between = new Between()
    evil.begin(between.misdeed)
    await meet()
    const [here, there] = [await alice.compares(), await laptop.compares()]
    expect(here).not.toEqual(there)
    await alice.do('confirmLink', { same: false })
    await laptop.linking('failed')
    expect(between.stolen).toBeUndefined()
    expect(readAccount(laptop.device.sql)).toBeUndefined()
  })

  test('[P104] the same relay gets the account of who says yes to different words: so the test can fail', async () => {
    const between = new Between()
    evil.begin(between.misdeed)
    await meet()
    await alice.compares()
    await alice.do('confirmLink', { same: true })
    // What is sealed to its key does not open on the laptop.
    expect(await laptop.linking('failed')).toMatchObject({ failure: { code: 'link-spoiled' } })
    expect(between.stolen).toBeDefined()
    expect(readAccount(laptop.device.sql)).toBeUndefined()
  })

  test('[P104] with the square code it is found out without words', async () => {
    evil.begin(new Between().misdeed)
    const { link } = await laptop.beginLink()
    await alice.do('joinLink', { code: link })
    expect(await alice.linking('failed')).toMatchObject({ failure: { code: 'link-spoiled' } })
    await laptop.linking('failed')
  })
})

describe('[P105] changed on the way', () => {
  const flipped = (bytes: Uint8Array) => {
    const copy = new Uint8Array(bytes)
    const at = copy.length - 1
    copy[at] = (copy[at] ?? 0) ^ 1
    return copy
  }
  const bodies = ['commitment', 'answer', 'offer', 'provision', 'adopted'] as const

  for (const what of bodies)
    test(`[P105] one bit of the ${what}: the link ends, or the words differ; no account comes of it`, async () => {
      evil.begin(
        rewriting((body) => (body.case === what ? { case: what, value: flipped(body.value) } : (body as LinkBody))),
      )
      await meet()
      if (what === 'provision' || what === 'adopted') {
        expect(await alice.compares()).toEqual(await laptop.compares())
        await alice.do('confirmLink', { same: true })
      }
      expect(await alice.linking('failed')).toMatchObject({ failure: {} })
      if (what !== 'adopted') {
        await laptop.linking('failed')
        expect(readAccount(laptop.device.sql)).toBeUndefined()
      }
    })

  for (const what of ['commitment', 'answer', 'offer', 'provision'] as const)
    test(`[P105] a ${what} that comes twice ends the link`, async () => {
      evil.begin({
        toDevice: (body, victim) => {
          if (body.case === 'rendezvousMessage' && readLinkMessage(body.value.content).case === what) victim.send(body)
          return body
        },
      })
      await meet()
      if (what === 'provision') {
        await alice.compares()
        await alice.do('confirmLink', { same: true })
        // The first was taken: the second finds no link any more.
        await alice.linking('done')
        return
      }
      expect(await alice.linking('failed')).toMatchObject({ failure: {} })
      await laptop.linking('failed')
      expect(readAccount(laptop.device.sql)).toBeUndefined()
    })

  test('[P105] garbage, and words out of turn, end the link on either side', async () => {
    for (const content of [
      new Uint8Array([0xff]),
      new Uint8Array(),
      writeLinkMessage({ case: 'adopted', value: new Uint8Array(3) }),
    ]) {
      const stop = evil.begin({
        toDevice: (body) => (body.case === 'rendezvousMessage' ? { ...body, value: { ...body.value, content } } : body),
      })
      await meet()
      expect(await alice.linking('failed')).toMatchObject({ failure: { code: 'link-spoiled' } })
      expect(await laptop.linking('failed')).toMatchObject({ failure: { code: 'link-broken' } })
      stop()
    }
  })

  test('[P105] a relay that says the new device is there does not make it so', async () => {
    evil.begin(
      rewriting((body) => {
        if (body.case === 'provision') return undefined
        return body as LinkBody
      }),
    )
    await meet()
    await alice.compares()
    await alice.do('confirmLink', { same: true })
    const forged = sealTo(LinkKey.generate().publicKey, new Uint8Array(), ADOPTED, new Uint8Array(32))
    evil.victim(alice.account).send({
      case: 'rendezvousMessage',
      value: { content: writeLinkMessage({ case: 'adopted', value: forged ?? new Uint8Array() }) },
    })
    expect(await alice.linking('failed')).toMatchObject({ failure: { code: 'link-spoiled' } })
  })

  test('[K1] a relay reads neither the name of the device nor the account', async () => {
    const heard: string[] = []
    evil.begin({
      toRelay: (body) => {
        if (body.case === 'sayInRendezvous') heard.push(Buffer.from(body.value.content).toString('latin1'))
        return body
      },
    })
    await world.link(alice, laptop)
    expect(heard).toHaveLength(5)
    const identity = readAccount(alice.device.sql)?.identity ?? new Uint8Array()
    for (const secret of [
      'other computer',
      'alice',
      alice.account,
      Buffer.from(identity).subarray(-32).toString('latin1'),
    ])
      for (const said of heard) expect(said).not.toContain(secret)
  })
})

test('[P104] words are drawn evenly enough to be worth 44 bits', () => {
  const seen = new Set(
    Array.from({ length: 2000 }, (_, at) => wordsOf(new Uint8Array(32).fill(at % 251, 0, 16).fill(at >> 3, 16))).flat(),
  )
  expect(seen.size).toBeGreaterThan(1500)
})
