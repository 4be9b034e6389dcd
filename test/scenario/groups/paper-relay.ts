// The relay of a paper group: its real rules of what is taken and what is served to whom, over a stream that is a list.

import { create } from '@bufbuild/protobuf'
import type { Address } from '../../../src/engine/signal/address.ts'
import { verifySignature } from '../../../src/engine/signal/verify.ts'
import { PublishSchema, StreamKind } from '../../../src/protocol/generated/relay_pb.ts'
import { applyEntry } from '../../../src/protocol/groups/apply.ts'
import { readEntry } from '../../../src/protocol/groups/read.ts'
import type { GroupState } from '../../../src/protocol/groups/state.ts'
import type { HeldItem, Publication, Published } from '../../../src/relay/streams/contract.ts'
import { type Extent, extentOf } from '../../../src/relay/streams/extent.ts'
import { publish } from '../../../src/relay/streams/publish.ts'
import { type AccountId, bytesToUuid, type GroupId, Instant, uuidToBytes } from '../../../src/shared/ids.ts'

const NOBODYS_SECRET = new Uint8Array()

export interface PaperRelay {
  readonly stream: readonly HeldItem[]
  state(): GroupState | undefined
  append(from: Address, entry: Uint8Array): 'taken' | 'moved' | 'refused'
  /** What is said: taken now, taken before, or why not. */
  takes(from: Address, said: Pick<Publication, 'kind' | 'message' | 'content'>): Promise<'taken' | 'before' | 'refused'>
  /** Undefined: as if there were no such group. */
  extentFor(account: AccountId): Extent | undefined
}

export function createPaperRelay(group: GroupId, now: () => number): PaperRelay {
  const stream: HeldItem[] = []
  const taken = new Map<string, HeldItem>()
  let state: GroupState | undefined

  function hold(from: Address, item: Pick<HeldItem, 'kind' | 'message' | 'content'>): HeldItem {
    const held: HeldItem = {
      position: stream.length + 1,
      takenAt: Instant.parse(now()),
      sender: uuidToBytes(from.account),
      senderDevice: from.device,
      ...item,
    }
    stream.push(held)
    return held
  }

  const placeOf = ({ position, takenAt }: HeldItem) => ({ position, at: Instant.parse(takenAt) })
  const idOf = (sender: AccountId, message: Uint8Array) => `${sender} ${bytesToUuid(message)}`

  const parts = {
    store: {
      async publish({ sender, senderDevice, kind, message, content }: Publication): Promise<Published> {
        const before = taken.get(idOf(sender, message))
        if (before !== undefined) return { outcome: 'duplicate', ...placeOf(before) }
        const item = hold({ account: sender, device: senderDevice }, { kind, message, content })
        taken.set(idOf(sender, message), item)
        return { outcome: 'published', placed: { item, previous: item.position - 1 } }
      },
      async findMessage(_: GroupId, sender: AccountId, message: Uint8Array) {
        const before = taken.get(idOf(sender, message))
        return before && placeOf(before)
      },
    },
    states: { remembered: () => state, newest: async () => state },
    bell: { grew: () => {} },
    clock: { now: () => Instant.parse(now()) },
    publications: { take: () => 0 },
  }

  return {
    stream,
    state: () => state,
    append(from, bytes) {
      const read = readEntry(bytes)
      if (!read.ok) return 'refused'
      const applied = applyEntry(state, read.entry, { verify: verifySignature, position: stream.length + 1 })
      if (!applied.ok) return applied.why === 'wrong-index' || applied.why === 'wrong-chain' ? 'moved' : 'refused'
      state = applied.state
      hold(from, { kind: StreamKind.ENTRY, message: new Uint8Array(16), content: bytes })
      return 'taken'
    },
    async takes(from, said) {
      const request = create(PublishSchema, { group: uuidToBytes(group), ...said })
      const answered = await publish(parts, from, request)
      if (answered.case !== 'published') return 'refused'
      return answered.value.duplicate ? 'before' : 'taken'
    },
    extentFor: (account) => state && extentOf(state, account, NOBODYS_SECRET, Instant.parse(now())),
  }
}
