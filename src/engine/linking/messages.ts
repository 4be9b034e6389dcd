// What is said in a rendezvous, as bytes and back.

import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { type LinkMessage, LinkMessageSchema, OfferSchema, ProvisionSchema } from '../../protocol/generated/link_pb.ts'
import { IDENTITY_KEY_BYTES, NONCE_BYTES } from '../../protocol/limits.ts'
import { AccountId, bytesToUuid, DeviceId, RegistrationId, Username, uuidToBytes } from '../../shared/ids.ts'
import { DeviceName, DisplayName, StoredRelayPlace } from '../../shared/model.ts'
import type { Provision } from '../devices/adopt.ts'
import { settingsFrom } from '../storage/settings.ts'

export type LinkBody = NonNullable<MessageInitShape<typeof LinkMessageSchema>['body']>

export function writeLinkMessage(body: LinkBody): Uint8Array<ArrayBuffer> {
  return toBinary(LinkMessageSchema, create(LinkMessageSchema, { body }))
}

/** Without a case: nothing that this version knows. */
export function readLinkMessage(bytes: Uint8Array): LinkMessage['body'] {
  try {
    return fromBinary(LinkMessageSchema, bytes).body
  } catch {
    return { case: undefined }
  }
}

export interface Offer {
  publicKey: Uint8Array
  nonce: Uint8Array
  registrationId: RegistrationId
  deviceName: DeviceName
}

export function writeOffer({ publicKey, nonce, registrationId, deviceName }: Offer): Uint8Array<ArrayBuffer> {
  const offer = { publicKey: new Uint8Array(publicKey), nonce: new Uint8Array(nonce), registrationId, deviceName }
  return toBinary(OfferSchema, create(OfferSchema, offer))
}

export function readOffer(bytes: Uint8Array): Offer | undefined {
  try {
    const { publicKey, nonce, registrationId, deviceName } = fromBinary(OfferSchema, bytes)
    if (publicKey.length !== IDENTITY_KEY_BYTES || nonce.length !== NONCE_BYTES) return undefined
    const id = RegistrationId.safeParse(registrationId)
    const name = DeviceName.safeParse(deviceName)
    if (!id.success || !name.success) return undefined
    return { publicKey, nonce, registrationId: id.data, deviceName: name.data }
  } catch {
    return undefined
  }
}

/** With the device that gives it. */
export interface Handover {
  provision: Provision
  from: DeviceId
}

export function writeHandover({ provision, from }: Handover): Uint8Array<ArrayBuffer> {
  return toBinary(
    ProvisionSchema,
    create(ProvisionSchema, {
      account: uuidToBytes(provision.account),
      username: provision.username,
      name: provision.name,
      profileVersion: BigInt(provision.profileVersion),
      relay: JSON.stringify(provision.relay),
      identity: new Uint8Array(provision.identity),
      device: provision.device,
      deviceList: new Uint8Array(provision.deviceList.list),
      deviceListSignature: new Uint8Array(provision.deviceList.signature),
      settings: JSON.stringify(provision.settings),
      fromDevice: from,
    }),
  )
}

/** The device list is verified when it is adopted: its version is in it. */
export function readHandover(bytes: Uint8Array): Handover | undefined {
  try {
    const read = fromBinary(ProvisionSchema, bytes)
    return {
      provision: {
        account: AccountId.parse(bytesToUuid(read.account)),
        username: Username.parse(read.username),
        name: DisplayName.parse(read.name),
        profileVersion: Number(read.profileVersion),
        relay: StoredRelayPlace.parse(JSON.parse(read.relay)),
        identity: read.identity,
        device: DeviceId.parse(read.device),
        deviceList: { version: 0, list: read.deviceList, signature: read.deviceListSignature },
        settings: settingsFrom(JSON.parse(read.settings)),
      },
      from: DeviceId.parse(read.fromDevice),
    }
  } catch {
    return undefined
  }
}
