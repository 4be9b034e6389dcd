// What the relay sees: all it holds of the asking account, and which of its envelopes still wait for others.

import type { RelayBody } from '../protocol/frames.ts'
import { Reason, type ShowHoldings } from '../protocol/generated/relay_pb.ts'
import { type AccountId, uuidToBytes } from '../shared/ids.ts'
import type { Caller } from './authentication.ts'
import { readAccount } from './read.ts'
import { malformed, refused } from './refusal.ts'
import type { ListedDevice, RelayStore } from './store.ts'

const MOST_RECIPIENTS = 50
/** Shown at once, so that the answer fits its frame. */
const MOST_ENVELOPES = 400

export async function showHoldings(store: RelayStore, caller: Caller, request: ShowHoldings): Promise<RelayBody> {
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
    },
  }
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
  for (const recipient of recipients)
    for (const { device, size, takenAt, firstBytes } of await store.waitingFrom(
      recipient,
      sender,
      MOST_ENVELOPES - found.length,
    ))
      found.push({
        sender: uuidToBytes(sender),
        recipient: uuidToBytes(recipient),
        device,
        size,
        timeMs: BigInt(takenAt),
        firstBytes,
      })
  return found
}
