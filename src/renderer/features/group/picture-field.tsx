// The picture of a group in a dialog: chosen or taken away, and not saved before the rest is.

import type { GroupId } from '../../../shared/ids.ts'
import { MAX_GROUP_AVATAR_BYTES } from '../../../shared/limits.ts'
import { say } from '../../text/say.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { PictureChoice } from '../people/picture-choice.tsx'
import { useDrawnPicture } from '../people/pictures.ts'

interface GroupPictureFieldProps {
  /** Of a group that is yet to be made: none. */
  readonly group: GroupId | ''
  readonly title: string
  /** An address of what is shown until something else is chosen. */
  readonly before?: string | undefined
  /** In base64; null: taken away; undefined: as before. */
  readonly chosen: string | null | undefined
  onChoose(picture: string | null): void
}

export function GroupPictureField({ group, title, before, chosen, onChoose }: GroupPictureFieldProps) {
  const drawn = useDrawnPicture(chosen)
  const picture = chosen === undefined ? before : drawn
  return (
    <PictureChoice
      label={say('group.picture')}
      removable={chosen === undefined ? before !== undefined : chosen !== null}
      most={MAX_GROUP_AVATAR_BYTES}
      choose={async (next) => {
        onChoose(next)
        return undefined
      }}
    >
      <Avatar account={group} name={title} size={72} picture={picture} />
    </PictureChoice>
  )
}
