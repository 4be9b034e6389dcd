// The app's mark: a quiet face, ink with one persimmon dot.

import css from './mark.module.css'

export function Mark({ className }: { className?: string | undefined }) {
  return (
    <svg className={className} viewBox="0 0 56 56" aria-hidden="true" focusable="false">
      <rect className={css.ground} width="56" height="56" rx="16" />
      <path className={css.smile} d="M16 34c4 4 8 6 12 6s8-2 12-6" />
      <circle className={css.dot} cx="28" cy="22" r="5" />
    </svg>
  )
}
