// What joins somebody else's relay: an invitation, or its address, and the code if it asks for one.

import type { Invitation } from '../../../shared/invitation.ts'
import { say } from '../../text/say.ts'
import { Field } from '../../ui/field.tsx'
import { placeName } from '../list/connection-footer.tsx'

interface InvitationFieldsProps {
  readonly link: string
  readonly onLink: (link: string) => void
  /** What the link says, if it is one. */
  readonly invited: Invitation | undefined
  readonly linkProblem: string | undefined
  readonly address: string
  readonly onAddress: (address: string) => void
  readonly invitation: string
  readonly onInvitation: (invitation: string) => void
  readonly problem: string | undefined
}

export function InvitationFields(props: InvitationFieldsProps) {
  return (
    <>
      <Field
        label={say('welcome.link')}
        placeholder={say('welcome.linkHint')}
        value={props.link}
        onChange={(event) => props.onLink(event.target.value)}
        problem={props.linkProblem}
        hint={props.invited && hintOf(props.invited)}
        autoComplete="off"
        spellCheck={false}
        dir="ltr"
        maxLength={2048}
      />
      {!props.invited && (
        <>
          <Field
            label={say('welcome.address')}
            placeholder={say('welcome.addressHint')}
            value={props.address}
            onChange={(event) => props.onAddress(event.target.value)}
            problem={props.problem}
            autoComplete="off"
            spellCheck={false}
            dir="ltr"
            maxLength={512}
          />
          <Field
            label={say('welcome.invitation')}
            value={props.invitation}
            onChange={(event) => props.onInvitation(event.target.value)}
            autoComplete="off"
            spellCheck={false}
            dir="ltr"
            maxLength={256}
          />
        </>
      )}
    </>
  )
}

function hintOf({ relay, username }: Invitation): string {
  return relay.kind === 'this-computer'
    ? say('welcome.linkHere', { username })
    : say('welcome.linkAt', { username, relay: placeName(relay) })
}
