// What the relay sees: all it holds of the asking account, and which of its envelopes still wait for others.

import type { MessageInitShape } from '@bufbuild/protobuf'
import type { RelayBody } from '../protocol/frames.ts'
import { type HeldStreamSchema, Reason, type ShowHoldings } from '../protocol/generated/relay_pb.ts'
import { isMember } from '../protocol/groups/permissions.ts'
import { type AccountId, type GroupId, uuidToBytes } from '../shared/ids.ts'
import type { Caller } from './authentication.ts'
import { readAccount, readGroup } from './read.ts'
import { malformed, refused } from './refusal.ts'
import type { ListedDevice, RelayStore, WaitingEnvelope } from './store.ts'
import type { GroupStates } from './streams/states.ts'

const MOST_RECIPIENTS = 50
const MOST_GROUPS = 50
/** Shown at once, so that the answer fits its frame. */
const MOST_ENVELOPES = 400
const MOST_ITEMS = 200
const MOST_BLOBS = 100
/** Of one group. */
const MOST_ITEMS_EACH = 20

export interface HoldingsParts {
  store: RelayStore
  states: GroupStates
}

export async function showHoldings(
  { store, states }: HoldingsParts,
  caller: Caller,
  request: ShowHoldings,
): Promise<RelayBody> {
  const groups = request.groups.map(readGroup).filter((group) => group !== undefined)
  if (groups.length !== request.groups.length) return malformed('not a group')
  if (groups.length > MOST_GROUPS) return refused(Reason.TOO_LARGE, `at most ${MOST_GROUPS} groups`)
  const recipients = request.recipients.map(readAccount).filter((recipient) => recipient !== undefined)
  if (recipients.length !== request.recipients.length) return malformed('not an account')
  if (recipients.length > MOST_RECIPIENTS) return refused(Reason.TOO_LARGE, `at most ${MOST_RECIPIENTS} recipients`)
  const account = await store.findAccount(caller.account)
  if (account === undefined) return refused(Reason.NO_SUCH_ACCOUNT, 'just erased')
  const { username, identityKey, registeredAt, deviceList } = account
  return {
    case: 'holdings',
    value: {
      username,
      identityKey,
      registeredMs: BigInt(registeredAt),
      deviceList: { list: deviceList.list, signature: deviceList.signature },
      devices: await Promise.all(deviceList.devices.map((listed) => heldDevice(store, caller.account, listed))),
      envelopes: await heldEnvelopes(store, caller.account, new Set(recipients)),
      ...(await heldBlobs(store, caller.account)),
      streams: await heldStreams(store, states, caller.account, new Set(groups)),
    },
  }
}

async function heldBlobs(store: RelayStore, account: AccountId) {
  const ids = await store.uploadsOf(account)
  const uploads = await Promise.all(ids.slice(0, MOST_BLOBS).map((blob) => store.findUpload(account, blob)))
  const blobs = uploads
    .filter((upload) => upload !== undefined)
    .toSorted((a, b) => a.expiresAt - b.expiresAt)
    .map(({ size, digest, isWhole, expiresAt }) => ({
      size: BigInt(size),
      digest,
      whole: isWhole,
      expiresMs: BigInt(expiresAt),
    }))
  return { blobs, blobCount: ids.length }
}

async function heldDevice(store: RelayStore, account: AccountId, { device }: ListedDevice) {
  const state = await store.mailboxState({ account, device })
  const { signed, lastResort, sample, oneTimeEc, oneTimeKyber } = await store.heldKeys({ account, device })
  return {
    device,
    lastSeenMs: BigInt(state?.lastSeenAt ?? 0),
    oneTimeEc,
    oneTimeKyber,
    ...(signed && { signedPrekey: signed }),
    ...(lastResort && { lastResortPrekey: lastResort }),
    ...(sample && { sample }),
  }
}

async function heldEnvelopes(store: RelayStore, sender: AccountId, recipients: ReadonlySet<AccountId>) {
  const found = []
  for (const recipient of recipients) {
    const waiting = await store.waitingFrom(recipient, sender, MOST_ENVELOPES - found.length)
    const scheduled = await store.scheduledFrom(recipient, sender, MOST_ENVELOPES - found.length - waiting.length)
    for (const { device, size, takenAt, firstBytes, dueAt } of [...waiting.map(now), ...scheduled])
      found.push({
        sender: uuidToBytes(sender),
        recipient: uuidToBytes(recipient),
        device,
        size,
        timeMs: BigInt(takenAt),
        firstBytes,
        deliverAfterMs: BigInt(dueAt),
      })
  }
  return found
}

/** Not scheduled: it waits for its device alone. */
function now(envelope: WaitingEnvelope) {
  return { ...envelope, dueAt: 0 }
}

/** Of those it is a member of. */
async function heldStreams(
  store: RelayStore,
  states: GroupStates,
  account: AccountId,
  groups: ReadonlySet<GroupId>,
): Promise<MessageInitShape<typeof HeldStreamSchema>[]> {
  const found: MessageInitShape<typeof HeldStreamSchema>[] = []
  let room = MOST_ITEMS
  for (const group of groups) {
    const state = await states.newest(group)
    const standing = await store.streamStanding(group)
    if (state === undefined || standing === undefined || !isMember(state, account)) continue
    const newest = await store.newestItems(group, Math.min(room, MOST_ITEMS_EACH))
    room -= newest.length
    found.push({
      group: uuidToBytes(group),
      entries: standing.head.index + 1,
      members: state.members.size,
      items: standing.items,
      bytes: BigInt(standing.bytes),
      newest: newest.map(({ takenAt, ...item }) => ({ ...item, timeMs: BigInt(takenAt) })),
    })
  }
  return found
}
