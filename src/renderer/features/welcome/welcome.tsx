// The first minute: a name, a username, and where the relay is.

import { useState } from 'react'
import { readInvitationLink } from '../../../shared/invitation-link.ts'
import type { RelayPlace } from '../../../shared/model.ts'
import { readName, readRelayPlace, readUsername } from '../../../shared/typed.ts'
import { ask } from '../../store/ask.ts'
import { arrange } from '../../store/desk.ts'
import { useMirror, useMirrorOrNothing } from '../../store/feed.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { CardProblem, CardScreen } from '../../ui/card-screen.tsx'
import { Field } from '../../ui/field.tsx'
import { Mark } from '../../ui/mark.tsx'
import { MissingScreen } from '../rest/missing.tsx'
import { RestPart } from '../rest/rest-part.tsx'
import { InvitationFields } from './invitation-fields.tsx'
import { usernameFrom } from './username-from.ts'
import css from './welcome.module.css'

type Problem = { field: 'name' | 'username' | 'address' | 'link' | 'form'; text: string }

export function Welcome() {
  const [name, setName] = useState('')
  const [typedUsername, setTypedUsername] = useState<string>()
  const opened = useMirrorOrNothing((mirror) =>
    mirror?.openedLink.state === 'invitation' ? mirror.openedLink.link : '',
  )
  const [typedLink, setTypedLink] = useState<string>()
  const [choosesToJoin, setJoining] = useState<boolean>()
  const [address, setAddress] = useState('')
  const [invitation, setInvitation] = useState('')
  const [problem, setProblem] = useState<Problem>()
  const [busy, setBusy] = useState(false)
  const [restoring, setRestoring] = useState(false)
  const isLinking = useMirror((mirror) => mirror.linking.state !== 'none')
  const [linking, setLinking] = useState(false)

  // A link that was clicked is only filled in: joining is for the person to say.
  const joining = choosesToJoin ?? opened !== ''
  const link = typedLink ?? opened ?? ''
  const invited = readInvitationLink(link)
  const username = typedUsername ?? usernameFrom(name)
  const problemOf = (field: Problem['field']) => (problem?.field === field ? problem.text : undefined)

  async function create(relay: RelayPlace | undefined) {
    const goodName = readName(name)
    if (goodName === undefined) return setProblem({ field: 'name', text: say('welcome.nameBad') })
    const goodUsername = readUsername(username)
    if (goodUsername === undefined) return setProblem({ field: 'username', text: say('welcome.usernameBad') })
    if (relay === undefined) return setProblem({ field: 'address', text: say('welcome.addressBad') })

    setProblem(undefined)
    setBusy(true)
    const code = invited?.code ?? invitation.trim()
    const made = await ask('createProfile', {
      name: goodName,
      username: goodUsername,
      relay,
      ...(joining && code ? { invitation: code } : {}),
    })
    setBusy(false)
    if (made.ok) {
      // Whoever invited is met when the window opens.
      if (joining && invited) arrange({ dialog: { kind: 'invitation', link } })
      if (opened) void ask('dismissLink', {})
    } else {
      const field = made.failure.code === 'username-taken' ? 'username' : 'form'
      setProblem({ field, text: failureSentence(made.failure) })
    }
  }

  function submit() {
    if (joining && link.trim() !== '' && !invited) return setProblem({ field: 'link', text: say('welcome.linkBad') })
    void create(joining ? (invited?.relay ?? readRelayPlace(address)) : { kind: 'this-computer' })
  }

  if (restoring) {
    const back = () => setRestoring(false)
    return (
      <RestPart waiting={<main aria-busy="true" />} missing={<MissingScreen onBack={back} />}>
        {({ RestoreBackup }) => <RestoreBackup onBack={back} />}
      </RestPart>
    )
  }
  if (linking || isLinking) {
    const back = () => setLinking(false)
    return (
      <RestPart waiting={<main aria-busy="true" />} missing={<MissingScreen onBack={back} />}>
        {({ BeLinked }) => <BeLinked onBack={back} />}
      </RestPart>
    )
  }
  return (
    <CardScreen
      icon={<Mark className={css.mark} />}
      title={say(joining ? 'welcome.joinTitle' : 'welcome.title')}
      text={say(joining ? 'welcome.joinText' : 'welcome.text')}
      busy={busy}
      onSubmit={submit}
    >
      <Field
        label={say('welcome.name')}
        placeholder={say('welcome.nameHint')}
        value={name}
        onChange={(event) => setName(event.target.value)}
        problem={problemOf('name')}
        autoComplete="off"
        autoFocus
        dir="auto"
      />
      <Field
        label={say('welcome.username')}
        placeholder={say('welcome.usernameHint')}
        prefix="@"
        value={username}
        onChange={(event) => setTypedUsername(event.target.value)}
        problem={problemOf('username')}
        hint={say('welcome.usernameRule')}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        dir="ltr"
      />
      {joining && (
        <InvitationFields
          link={link}
          onLink={(typed) => {
            setProblem(undefined)
            setTypedLink(typed)
          }}
          invited={invited}
          linkProblem={problemOf('link')}
          address={address}
          onAddress={setAddress}
          invitation={invitation}
          onInvitation={setInvitation}
          problem={problemOf('address')}
        />
      )}
      <CardProblem>{problemOf('form')}</CardProblem>
      <Button type="submit" look="primary" wide disabled={busy}>
        {say(busy ? 'welcome.busy' : joining ? 'welcome.joinNow' : 'welcome.tryHere')}
      </Button>
      <Button
        wide
        disabled={busy}
        onClick={() => {
          setProblem(undefined)
          setJoining(!joining)
        }}
      >
        {say(joining ? 'action.back' : 'welcome.join')}
      </Button>
      {!joining && (
        <Button look="text" small disabled={busy} onClick={() => setRestoring(true)}>
          {say('restore.offer')}
        </Button>
      )}
      {!joining && (
        <Button look="text" small disabled={busy} onClick={() => setLinking(true)}>
          {say('welcome.linkDevice')}
        </Button>
      )}
    </CardScreen>
  )
}
