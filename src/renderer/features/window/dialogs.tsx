// The dialog that is open, if one is.

import { request } from '../../store/ask.ts'
import { closeDialog, useDesk } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { NewChatDialog } from '../new-chat/new-chat-dialog.tsx'
import { Palette } from '../palette/palette.tsx'
import { MissingDialog, WaitingDialog } from '../rest/missing.tsx'
import { RestPart } from '../rest/rest-part.tsx'

const dismissLink = () => request('dismissLink', {})

export function Dialogs() {
  const dialog = useDesk((desk) => desk.dialog)
  const opened = useMirror((mirror) => mirror.openedLink)
  if (dialog?.kind === 'new-chat') return <NewChatDialog />
  if (dialog?.kind === 'palette') return <Palette />
  if (dialog) {
    return (
      <RestPart waiting={<WaitingDialog onClose={closeDialog} />} missing={<MissingDialog onClose={closeDialog} />}>
        {({ FurtherDialog }) => <FurtherDialog dialog={dialog} />}
      </RestPart>
    )
  }
  // A link waits until nothing else asks for the person.
  if (opened.state === 'none') return null
  return (
    <RestPart waiting={<WaitingDialog onClose={dismissLink} />} missing={<MissingDialog onClose={dismissLink} />}>
      {({ OpenedLinkDialog }) => <OpenedLinkDialog opened={opened} onClose={dismissLink} />}
    </RestPart>
  )
}
