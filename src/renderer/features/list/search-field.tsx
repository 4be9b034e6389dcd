// Filters the list while typing; Enter opens the first match or asks the relay for a username.

import { useMirror } from '../../store/feed.ts'
import { say } from '../../text/say.ts'
import { CloseIcon, SearchIcon } from '../../ui/icons.tsx'
import { Keys } from '../../ui/keys.tsx'
import { focusRegion } from '../../ui/regions.ts'
import { keysOf } from '../window/shortcuts.ts'
import css from './search-field.module.css'

interface SearchFieldProps {
  readonly value: string
  readonly onChange: (text: string) => void
  readonly onEnter: () => void
}

export function SearchField({ value, onChange, onEnter }: SearchFieldProps) {
  const mac = useMirror((mirror) => mirror.host.platform === 'darwin')
  return (
    <search className={css.search}>
      <SearchIcon className={css.icon} />
      <input
        className={css.input}
        data-region="search"
        value={value}
        placeholder={say('list.search')}
        aria-label={say('list.searchLabel')}
        autoComplete="off"
        spellCheck={false}
        dir="auto"
        maxLength={128}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (event.key === 'Enter') onEnter()
          else if (event.key === 'ArrowDown') focusRegion('list')
          else if (event.key === 'Escape' && value !== '') onChange('')
          else return
          event.preventDefault()
        }}
      />
      {value === '' ? (
        <Keys>{keysOf('palette', mac)}</Keys>
      ) : (
        <button type="button" className={css.clear} aria-label={say('list.clear')} onClick={() => onChange('')}>
          <CloseIcon className={css.icon} />
        </button>
      )}
    </search>
  )
}
