// The round picture of a group: the one its members have chosen, or its initials.

import type { GroupConversation } from '../../../shared/model.ts'
import { Avatar, type AvatarSize } from '../../ui/avatar.tsx'
import { conversationName } from '../../ui/person-name.tsx'
import { useGroupPicture } from '../people/pictures.ts'

export function GroupAvatar({ conversation, size }: { conversation: GroupConversation; size: AvatarSize }) {
  const { id, group } = conversation
  const picture = useGroupPicture(id, group.avatar)
  return <Avatar account={group.id} name={conversationName(conversation)} size={size} picture={picture} />
}
