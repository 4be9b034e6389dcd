// Asks once before somebody is blocked.

import type { AccountId } from '../../../shared/ids.ts'
import { request } from '../../store/ask.ts'
import { closeDialog } from '../../store/desk.ts'
import { shownName } from '../../text/plain.ts'
import { say } from '../../text/say.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import css from './block-dialog.module.css'
import { usePerson } from './use-person.ts'

export function BlockDialog({ account }: { account: AccountId }) {
  const person = usePerson(account)
  if (!person) return null
  return (
    <Dialog title={say('block.title', { name: shownName(person.name) })} text={say('block.text')} onClose={closeDialog}>
      <div className={css.actions}>
        <Button small onClick={closeDialog}>
          {say('action.cancel')}
        </Button>
        <Button
          look="danger"
          small
          onClick={() => {
            request('blockPerson', { account })
            closeDialog()
          }}
        >
          {say('block.confirm')}
        </Button>
      </div>
    </Dialog>
  )
}
