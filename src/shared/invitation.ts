// An invitation: where somebody is, and how to know that it is them; and how it stands with that [P172].

import { z } from 'zod'
import { Username } from './ids.ts'
import { CODE, HINT } from './invitation-link.ts'
import { Person, RelayPlace } from './model.ts'

/** What a relay asks of new people [P17]. */
export const InvitationCode = z.string().regex(CODE)

export const Invitation = z.object({
  relay: RelayPlace,
  username: Username,
  /** 16 bytes in hex: the beginning of a hash over account and identity key [P174]. */
  hint: z.string().regex(HINT),
  /** For the relay, where it registers by invitation only. */
  code: InvitationCode.nullable(),
})
export type Invitation = z.infer<typeof Invitation>

/**
 * fits: the relay shows the identity that the invitation vouches for · does-not-fit: it shows another one · nobody: it
 * knows nobody of that name · another-relay: not the one this profile is at · oneself: one's own · unchecked: there is no
 * connection to ask.
 */
export const InvitationStanding = z.enum(['fits', 'does-not-fit', 'nobody', 'another-relay', 'oneself', 'unchecked'])
export type InvitationStanding = z.infer<typeof InvitationStanding>

export const ReadInvitation = z.object({
  invitation: Invitation,
  standing: InvitationStanding,
  /** Where they are known on this device already. */
  person: Person.nullable(),
})
export type ReadInvitation = z.infer<typeof ReadInvitation>
