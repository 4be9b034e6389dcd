// Pictures of people and groups as the page can show them: asked for once, and kept under their name.

import { useCallback, useEffect, useState } from 'react'
import type { Answer } from '../../../shared/answer.ts'
import type { CallOutput } from '../../../shared/api.ts'
import { fromBase64 } from '../../../shared/base64.ts'
import type { AccountId, ConversationId } from '../../../shared/ids.ts'
import { ask } from '../../store/ask.ts'

const addresses = new Map<string, string>()
const asking = new Map<string, Promise<void>>()

/** Asks for the one there is by now. */
type Load = () => Promise<Answer<CallOutput<'getAvatar' | 'getGroupAvatar'>>>

/** An address within the page; undefined as long as there is none to show. */
export function usePersonPicture(account: AccountId, id: string | null): string | undefined {
  return usePicture(
    id,
    useCallback(() => ask('getAvatar', { account }), [account]),
  )
}

/** As that of a person. */
export function useGroupPicture(conversation: ConversationId, id: string | null): string | undefined {
  return usePicture(
    id,
    useCallback(() => ask('getGroupAvatar', { conversation }), [conversation]),
  )
}

/** Of one that was drawn here, in base64, and is not saved yet. */
export function useDrawnPicture(picture: string | null | undefined): string | undefined {
  const [address, setAddress] = useState<string>()
  useEffect(() => {
    const bytes = picture ? fromBase64(picture) : undefined
    const made = bytes && URL.createObjectURL(new Blob([bytes], { type: 'image/webp' }))
    setAddress(made)
    return () => {
      if (made) URL.revokeObjectURL(made)
    }
  }, [picture])
  return address
}

/** Behind the lock nobody is to be recognised. */
export function forgetPictures(): void {
  for (const address of addresses.values()) URL.revokeObjectURL(address)
  addresses.clear()
}

function usePicture(id: string | null, load: Load): string | undefined {
  const [, redraw] = useState(0)
  const known = id === null ? undefined : addresses.get(id)
  useEffect(() => {
    if (id === null || known !== undefined) return
    let gone = false
    void loadOnce(id, load).then(() => gone || redraw((times) => times + 1))
    return () => {
      gone = true
    }
  }, [id, known, load])
  return known
}

function loadOnce(id: string, load: Load): Promise<void> {
  const under = asking.get(id) ?? keep(load)
  asking.set(id, under)
  return under.finally(() => asking.delete(id))
}

/** Under the name it has by now: another one may have taken its place meanwhile. */
async function keep(load: Load): Promise<void> {
  const avatar = await load()
  if (!avatar.ok || avatar.value === null || addresses.has(avatar.value.id)) return
  const { id, mediaType, picture } = avatar.value
  const bytes = fromBase64(picture)
  if (bytes) addresses.set(id, URL.createObjectURL(new Blob([bytes], { type: mediaType })))
}
