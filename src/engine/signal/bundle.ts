// The key bundle of one device, as the relay hands it out: parsed, and its signatures verified [P33].

import { KEMPublicKey, LibSignalErrorBase, PreKeyBundle, PublicKey } from '@signalapp/libsignal-client'
import type { KeyBundle } from '../../protocol/generated/relay_pb.ts'
import { DeviceId, RegistrationId } from '../../shared/ids.ts'
import { owned } from './bytes.ts'
import { verifySignature } from './verify.ts'

/** The one-time EC prekey is not signed: with a bogus one, the recipient cannot open what comes, and nobody else can. */
export function parseBundle(
  bundle: KeyBundle,
  identityKey: Uint8Array,
): PreKeyBundle | 'signature-invalid' | 'malformed' {
  const { signedPrekey, kyber, oneTimeEc } = bundle
  if (signedPrekey === undefined || kyber === undefined) return 'malformed'
  if (!DeviceId.safeParse(bundle.device).success) return 'malformed'
  if (!RegistrationId.safeParse(bundle.registrationId).success) return 'malformed'
  try {
    const parsed = PreKeyBundle.new(
      bundle.registrationId,
      bundle.device,
      oneTimeEc?.id ?? null,
      oneTimeEc === undefined ? null : PublicKey.deserialize(owned(oneTimeEc.publicKey)),
      signedPrekey.id,
      PublicKey.deserialize(owned(signedPrekey.publicKey)),
      owned(signedPrekey.signature),
      PublicKey.deserialize(owned(identityKey)),
      kyber.id,
      KEMPublicKey.deserialize(owned(kyber.publicKey)),
      owned(kyber.signature),
    )
    const genuine =
      verifySignature(identityKey, signedPrekey.publicKey, signedPrekey.signature) &&
      verifySignature(identityKey, kyber.publicKey, kyber.signature)
    return genuine ? parsed : 'signature-invalid'
  } catch (error) {
    if (error instanceof LibSignalErrorBase) return 'malformed'
    throw error
  }
}
