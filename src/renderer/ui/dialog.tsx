// A window within the window: takes the focus, keeps it, gives it back. Radix brings the behaviour.
//
// Radix' own overlay is not used: it blocks scrolling through a <style> element, which our content security policy
// refuses. Nothing behind a dialog can be scrolled anyway, because the page itself never scrolls.

import { Dialog as Primitive } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import { say } from '../text/say.ts'
import { IconButton } from './button.tsx'
import { classes } from './classes.ts'
import css from './dialog.module.css'
import { CloseIcon } from './icons.tsx'
import { focusRegion } from './regions.ts'

interface DialogProps {
  readonly title: string
  readonly text?: string | undefined
  readonly onClose: () => void
  readonly children: ReactNode
  /** plain: the title is said, not shown, and there is no button to close it. */
  readonly look?: 'window' | 'plain'
  readonly className?: string | undefined
}

export function Dialog({ title, text, onClose, children, look = 'window', className }: DialogProps) {
  const [before] = useState(() => document.activeElement)
  return (
    <Primitive.Root open onOpenChange={(open) => open || onClose()}>
      <Primitive.Portal>
        <div className={css.veil} />
        <Primitive.Content
          onOpenAutoFocus={focusWhereItBegins}
          onCloseAutoFocus={(event) => {
            event.preventDefault()
            giveFocusBack(before)
          }}
          className={classes(css.content, css[look], className)}
          {...(text ? {} : { 'aria-describedby': undefined })}
        >
          <header className={look === 'plain' ? css.unseen : css.header}>
            <Primitive.Title className={css.title}>{title}</Primitive.Title>
            {look === 'window' && (
              <IconButton label={say('action.close')} onClick={onClose} className={css.close}>
                <CloseIcon />
              </IconButton>
            )}
          </header>
          {text && <Primitive.Description className={css.text}>{text}</Primitive.Description>}
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}

/** The field marked data-begins-here takes the focus, else the dialog itself: its close button is nobody's first wish. */
function focusWhereItBegins(event: Event): void {
  event.preventDefault()
  const dialog = event.currentTarget
  if (!(dialog instanceof HTMLElement)) return
  const field = dialog.querySelector<HTMLElement>('[data-begins-here]') ?? dialog
  field.focus()
}

/** To where it was, or to writing where that is gone; not at all if what the dialog did has moved it on. */
function giveFocusBack(before: Element | null): void {
  if (document.activeElement && document.activeElement !== document.body) return
  if (before instanceof HTMLElement && before !== document.body && before.isConnected) before.focus()
  else focusRegion('composer')
}
