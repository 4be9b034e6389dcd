// The dialogs that are not on a first screen, and the one that a link opens.

import { unreachable } from '../../../shared/answer.ts'
import type { OpenedLink } from '../../../shared/model.ts'
import { closeDialog, type OpenDialog } from '../../store/desk.ts'
import { EditsDialog } from '../conversation/edits-dialog.tsx'
import { BlockDialog } from '../details/block-dialog.tsx'
import { SafetyNumberDialog } from '../details/safety-number-dialog.tsx'
import { RemoveDeviceDialog } from '../devices/remove-device-dialog.tsx'
import { ExportDialog } from '../export/export-dialog.tsx'
import { ActDialog } from '../group/act-dialog.tsx'
import { InviteDialog } from '../group/invite-dialog.tsx'
import { JoinDialog } from '../group/join-dialog.tsx'
import { MissingKeyDialog, ReadersDialog } from '../group/message-dialogs.tsx'
import { NewGroupDialog } from '../group/new-group-dialog.tsx'
import { RecallDialog } from '../group/recall-dialog.tsx'
import { ReceiptsDialog } from '../group/receipts-dialog.tsx'
import { GroupDetailsDialog, GroupEncryptionDialog, GroupLinkDialog } from '../group/small-dialogs.tsx'
import { InvitationDialog, UnreadableDialog } from '../invitations/invitation-dialog.tsx'
import { OwnInvitationDialog } from '../invitations/own-invitation-dialog.tsx'
import { LinkDeviceDialog } from '../linking/link-device-dialog.tsx'
import { PassphraseDialog } from '../lock/passphrase-dialog.tsx'
import { SettingsDialog } from '../settings/settings-dialog.tsx'
import { ShortcutsDialog } from './shortcuts-dialog.tsx'

/** new-chat, palette: they are typed into at once, and are there from the beginning. */
export type Further = Exclude<OpenDialog, { kind: 'new-chat' | 'palette' }>

export function FurtherDialog({ dialog }: { dialog: Further }) {
  switch (dialog.kind) {
    case 'own-invitation':
      return <OwnInvitationDialog />
    case 'invitation':
      return <InvitationDialog key={dialog.link} link={dialog.link} onClose={closeDialog} />
    case 'settings':
      return <SettingsDialog />
    case 'shortcuts':
      return <ShortcutsDialog />
    case 'export':
      return <ExportDialog conversation={dialog.conversation} />
    case 'passphrase':
      return <PassphraseDialog act={dialog.act} />
    case 'link-device':
      return <LinkDeviceDialog />
    case 'safety-number':
      return <SafetyNumberDialog account={dialog.account} />
    case 'remove-device':
      return <RemoveDeviceDialog device={dialog.device} />
    case 'edits':
      return <EditsDialog message={dialog.message} />
    case 'block':
      return <BlockDialog account={dialog.account} />
    case 'new-group':
      return <NewGroupDialog />
    case 'join-group':
      return <JoinDialog key={dialog.link} link={dialog.link} onClose={closeDialog} />
    case 'group-invite':
      return <InviteDialog conversation={dialog.id} />
    case 'group-details':
      return <GroupDetailsDialog conversation={dialog.id} />
    case 'group-link':
      return <GroupLinkDialog conversation={dialog.id} />
    case 'group-encryption':
      return <GroupEncryptionDialog conversation={dialog.id} />
    case 'group-act':
      return <ActDialog conversation={dialog.id} act={dialog.act} />
    case 'readers':
      return <ReadersDialog message={dialog.message} />
    case 'receipts':
      return <ReceiptsDialog conversation={dialog.id} message={dialog.message} />
    case 'recall':
      return <RecallDialog message={dialog.message} name={dialog.name} />
    case 'missing-key':
      return <MissingKeyDialog message={dialog.message} />
    default:
      return unreachable(dialog)
  }
}

interface OpenedLinkDialogProps {
  readonly opened: Exclude<OpenedLink, { state: 'none' }>
  readonly onClose: () => void
}

/** A link that the system handed to the app. */
export function OpenedLinkDialog({ opened, onClose }: OpenedLinkDialogProps) {
  switch (opened.state) {
    case 'invitation':
      return <InvitationDialog key={opened.link} link={opened.link} onClose={onClose} />
    case 'unreadable':
      return <UnreadableDialog onClose={onClose} />
    default:
      return unreachable(opened)
  }
}
