// The round picture of a person or a group: one they have chosen, or their initials on their colour.

import { useState } from 'react'
import type { AccountId, GroupId } from '../../shared/ids.ts'
import { initials } from '../text/plain.ts'
import css from './avatar.module.css'
import { classes } from './classes.ts'

export type AvatarSize = 28 | 36 | 38 | 40 | 72

interface AvatarProps {
  /** Gives it its colour; empty: of nobody yet. */
  readonly account: AccountId | GroupId | ''
  readonly name: string
  readonly size: AvatarSize
  readonly notes?: boolean
  /** An address within the page. */
  readonly picture?: string | undefined
}

const COLOURS = 6

/** 1 to 6, always the same one for an account or a group. */
export function personColour(account: AccountId | GroupId | ''): number {
  let sum = 0
  for (let index = 0; index < account.length; index++) sum = (sum * 31 + account.charCodeAt(index)) % 9973
  return (sum % COLOURS) + 1
}

/** Hidden from screen readers, because the name always stands beside it. */
export function Avatar({ account, name, size, notes, picture }: AvatarProps) {
  const [broken, setBroken] = useState<string>()
  return (
    <span
      className={classes(css.avatar, css[`size${size}`], notes ? css.notes : css[`colour${personColour(account)}`])}
      aria-hidden="true"
    >
      {picture === undefined || picture === broken ? (
        initials(name)
      ) : (
        <img className={css.picture} src={picture} alt="" draggable={false} onError={() => setBroken(picture)} />
      )}
    </span>
  )
}
