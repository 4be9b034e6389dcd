// A rendezvous for a device that has no account: on a connection of its own, on which it says hello and nothing about itself.

import { type ClientBody, decodeRelayFrame, encodeClientFrame } from '../../protocol/frames.ts'
import type { RelayFrame } from '../../protocol/generated/relay_pb.ts'
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION, RENDEZVOUS_LIFETIME } from '../../protocol/limits.ts'
import { type Answer, answer, refuse } from '../../shared/answer.ts'
import { Instant } from '../../shared/ids.ts'
import { LinkCode } from '../../shared/link-code.ts'
import type { Clock, RelayAddress, Wire } from '../ports.ts'
import type { AnswerCase, AnswerOf } from '../sync/connection.ts'
import { failureOf } from '../sync/refusals.ts'
import type { Rendezvous, RendezvousListener } from './rendezvous.ts'

type Body = RelayFrame['body']

/** How long an answer may take, in milliseconds. */
const PATIENCE = 30_000

export interface OpenedRendezvous {
  code: LinkCode
  rendezvous: Rendezvous
}

/** Refused with not-connected, rate-limited or update-needed. */
export async function openRendezvous(
  { wire, clock }: { wire: Wire; clock: Clock },
  address: RelayAddress,
  listener: RendezvousListener,
): Promise<Answer<OpenedRendezvous>> {
  const waiting = new Map<number, (body: Body | undefined) => void>()
  let requests = 0
  let isOver = false
  // Until it is open, what goes wrong is the answer, and not told besides.
  let isOpen = false
  let tellOpened = () => {}
  const connected = new Promise<void>((resolve) => {
    tellOpened = resolve
  })

  const connection = wire.connect(address, {
    opened: () => tellOpened(),
    frame: hear,
    ended: () => {
      tellOpened()
      over()
    },
  })
  // The relay ends it by itself; one that does not, would have us wait for ever.
  const callOff = clock.after(RENDEZVOUS_LIFETIME + PATIENCE, over)

  function end(): boolean {
    if (isOver) return false
    isOver = true
    callOff()
    connection.close()
    for (const answered of waiting.values()) answered(undefined)
    waiting.clear()
    return true
  }

  function over(): void {
    if (end() && isOpen) listener.over({ code: 'link-broken' })
  }

  function hear(bytes: Uint8Array<ArrayBuffer>): void {
    if (isOver) return
    const frame = decodeRelayFrame(bytes)
    if (frame === undefined) over()
    else if (frame.request !== 0) {
      const answered = waiting.get(frame.request)
      waiting.delete(frame.request)
      answered?.(frame.body)
    } else if (frame.body.case === 'rendezvousMessage') listener.heard(frame.body.value.content)
    else if (frame.body.case === 'rendezvousClosed' || frame.body.case === 'goodbye') over()
  }

  function send(body: ClientBody): Promise<Body | undefined> {
    if (isOver) return Promise.resolve(undefined)
    requests += 1
    const request = requests
    return new Promise((resolve) => {
      const giveUp = clock.after(PATIENCE, () => resolve(undefined))
      waiting.set(request, (heard) => {
        giveUp()
        resolve(heard)
      })
      connection.send(encodeClientFrame(request, body))
    })
  }

  async function ask<Case extends AnswerCase>(body: ClientBody, expected: Case): Promise<Answer<AnswerOf<Case>>> {
    const answered = await send(body)
    if (answered === undefined) return refuse('not-connected')
    if (answered.case === 'refused') return { ok: false, failure: failureOf(answered.value) }
    return answered.case === expected ? answer(answered.value as AnswerOf<Case>) : refuse('update-needed')
  }

  async function open(): Promise<Answer<OpenedRendezvous>> {
    await connected
    const versions = { minimumVersion: OLDEST_PROTOCOL_VERSION, maximumVersion: PROTOCOL_VERSION }
    const welcome = await ask({ case: 'hello', value: versions }, 'welcome')
    if (!welcome.ok) return welcome
    const made = await ask({ case: 'openRendezvous', value: {} }, 'rendezvousOpened')
    if (!made.ok) return made
    const code = LinkCode.safeParse(made.value.code)
    const expiresAt = Instant.safeParse(Number(made.value.expiresMs))
    if (!code.success || !expiresAt.success) return refuse('relay-refused', 'not a code')
    if (isOver) return refuse('not-connected')
    isOpen = true
    const rendezvous: Rendezvous = {
      relay: welcome.value.relay,
      expiresAt: expiresAt.data,
      async say(content) {
        const value = { content: new Uint8Array(content) }
        const said = await ask({ case: 'sayInRendezvous', value }, 'rendezvousSaid')
        return said.ok ? answer(null) : said
      },
      leave: end,
    }
    return answer({ code: code.data, rendezvous })
  }

  const opened = await open()
  if (!opened.ok) end()
  return opened
}
