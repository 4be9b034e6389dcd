// Pictures of people as the page can show them: asked for once, and kept under their name.

import { useEffect, useState } from 'react'
import { fromBase64 } from '../../../shared/base64.ts'
import type { AccountId } from '../../../shared/ids.ts'
import { ask } from '../../store/ask.ts'

const addresses = new Map<string, string>()
const asking = new Map<string, Promise<void>>()

/** An address within the page; undefined as long as there is none to show. */
export function usePicture(account: AccountId, id: string | null): string | undefined {
  const [, redraw] = useState(0)
  const known = id === null ? undefined : addresses.get(id)
  useEffect(() => {
    if (id === null || known !== undefined) return
    let gone = false
    void load(account, id).then(() => gone || redraw((times) => times + 1))
    return () => {
      gone = true
    }
  }, [account, id, known])
  return known
}

/** Behind the lock nobody is to be recognised. */
export function forgetPictures(): void {
  for (const address of addresses.values()) URL.revokeObjectURL(address)
  addresses.clear()
}

function load(account: AccountId, id: string): Promise<void> {
  const under = asking.get(id) ?? askFor(account)
  asking.set(id, under)
  return under.finally(() => asking.delete(id))
}

/** Under the name it has by now: another one may have taken its place meanwhile. */
async function askFor(account: AccountId): Promise<void> {
  const avatar = await ask('getAvatar', { account })
  if (!avatar.ok || avatar.value === null || addresses.has(avatar.value.id)) return
  const { id, mediaType, picture } = avatar.value
  const bytes = fromBase64(picture)
  if (bytes) addresses.set(id, URL.createObjectURL(new Blob([bytes], { type: mediaType })))
}
