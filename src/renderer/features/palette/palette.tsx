// The command palette: type a few letters, press Enter, be there.

import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { closeDialog } from '../../store/desk.ts'
import { useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { classes } from '../../ui/classes.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Keys } from '../../ui/keys.tsx'
import css from './palette.module.css'
import { type PaletteEntry, paletteEntries } from './palette-entries.ts'

export function Palette() {
  const id = useId()
  const mirror = useMirror((whole) => whole)
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const options = useRef<HTMLDivElement>(null)
  const entries = paletteEntries(mirror, query)
  const chosen = entries[at]

  useEffect(() => {
    options.current?.children[at]?.scrollIntoView({ block: 'nearest' })
  }, [at])

  function run(entry: PaletteEntry | undefined) {
    if (!entry) return
    closeDialog()
    entry.run()
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'ArrowDown') setAt((at + 1) % Math.max(entries.length, 1))
    else if (event.key === 'ArrowUp') setAt((at - 1 + entries.length) % Math.max(entries.length, 1))
    else if (event.key === 'Enter') run(chosen)
    else return
    event.preventDefault()
  }

  return (
    <Dialog title={say('palette.title')} onClose={closeDialog} look="plain">
      <input
        className={css.input}
        data-begins-here
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-options`}
        aria-activedescendant={chosen && `${id}-${chosen.id}`}
        aria-label={say('palette.title')}
        placeholder={say('palette.placeholder')}
        value={query}
        dir="auto"
        autoComplete="off"
        spellCheck={false}
        maxLength={128}
        onChange={(event) => {
          setQuery(event.target.value)
          setAt(0)
        }}
        onKeyDown={onKeyDown}
      />
      <div ref={options} id={`${id}-options`} role="listbox" aria-label={say('palette.title')} className={css.options}>
        {entries.map((entry, index) => (
          // The keys are heard by the combobox above, which keeps the focus.
          // biome-ignore lint/a11y/useKeyWithClickEvents: an option of a combobox is chosen with the combobox' keys
          <div
            key={entry.id}
            id={`${id}-${entry.id}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            className={classes(css.option, index === at && css.chosen)}
            onClick={() => run(entry)}
            onPointerMove={() => setAt(index)}
          >
            <span className={css.label}>
              <bdi dir="auto">{entry.label}</bdi>
            </span>
            {entry.hint && <Keys>{index === at ? 'Enter' : entry.hint}</Keys>}
          </div>
        ))}
      </div>
      {entries.length === 0 && (
        <p className={css.none} role="status">
          {say('palette.none')}
        </p>
      )}
    </Dialog>
  )
}
