// All that is not on a first screen, in one file of its own in the build.

export { RestoreBackup } from '../backup/restore-backup.tsx'
export { Details } from '../details/details.tsx'
export { GroupDetails } from '../group/group-details.tsx'
export { BeLinked } from '../linking/be-linked.tsx'
export { RelayViewPanel } from '../relay-view/relay-view-panel.tsx'
export { FurtherDialog, OpenedLinkDialog } from '../window/further-dialogs.tsx'
