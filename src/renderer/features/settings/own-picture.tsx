// One's own picture: chosen from a file, or taken away.

import { MAX_AVATAR_BYTES } from '../../../shared/limits.ts'
import type { Profile } from '../../../shared/model.ts'
import { ask } from '../../store/ask.ts'
import { failureSentence } from '../../text/failures.ts'
import { say } from '../../text/say.ts'
import { PersonAvatar } from '../people/person-avatar.tsx'
import { PictureChoice } from '../people/picture-choice.tsx'

export function OwnPicture({ profile }: { profile: Profile }) {
  async function choose(picture: string | null): Promise<string | undefined> {
    const answer = await ask('setAvatar', { picture })
    return answer.ok ? undefined : failureSentence(answer.failure)
  }
  return (
    <PictureChoice
      label={say('settings.picture')}
      removable={profile.avatar !== null}
      most={MAX_AVATAR_BYTES}
      choose={choose}
    >
      <PersonAvatar person={profile} size={72} />
    </PictureChoice>
  )
}
