// Somebody's round picture: the one they have chosen, or their initials.

import type { AccountId } from '../../../shared/ids.ts'
import { Avatar, type AvatarSize } from '../../ui/avatar.tsx'
import { usePersonPicture } from './pictures.ts'

interface PersonAvatarProps {
  readonly person: { readonly account: AccountId; readonly name: string; readonly avatar: string | null }
  readonly size: AvatarSize
}

export function PersonAvatar({ person: { account, name, avatar }, size }: PersonAvatarProps) {
  return <Avatar account={account} name={name} size={size} picture={usePersonPicture(account, avatar)} />
}
