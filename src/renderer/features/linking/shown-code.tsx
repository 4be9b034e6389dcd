// The code of a new device: to be read, copied or scanned, for as long as it is good.

import type { Instant } from '../../../shared/ids.ts'
import { showNotice } from '../../store/desk.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { SECOND, useNow } from '../../ui/now.ts'
import { QrCode } from '../../ui/qr-code.tsx'
import css from './shown-code.module.css'

export function ShownCode({ code, link, expiresAt }: { code: string; link: string; expiresAt: Instant }) {
  const minutes = Math.max(0, Math.ceil((expiresAt - useNow(10 * SECOND)) / (60 * SECOND)))

  function copy() {
    navigator.clipboard.writeText(link).then(
      () => showNotice(say('action.copied')),
      () => undefined,
    )
  }

  return (
    <div className={css.shown}>
      <QrCode text={link} label={say('linking.qr')} />
      <p className={css.code} dir="ltr">
        {code}
      </p>
      <p className={css.left}>{say('linking.codeLeft', { minutes })}</p>
      <Button look="text" onClick={copy}>
        {say('linking.copyLink')}
      </Button>
    </div>
  )
}
