// What joins somebody else's relay: its address, and the code if it asks for one.

import { say } from '../../text/say.ts'
import { Field } from '../../ui/field.tsx'

interface InvitationFieldsProps {
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
  )
}
