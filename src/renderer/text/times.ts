// Times and days the way the person's system writes them.

import type { Instant } from '../../shared/ids.ts'
import { say } from './say.ts'

const DAY = 24 * 60 * 60 * 1000

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const clockWithSeconds = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' })
const shortDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const shortDateWithYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const longDate = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const longDateWithYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' })

export function timeOfDay(at: Instant): string {
  return clock.format(at)
}

export function timeWithSeconds(at: Instant): string {
  return clockWithSeconds.format(at)
}

export function dateOf(at: Instant): string {
  return longDateWithYear.format(at)
}

/** Equal for two instants of the same local day. */
export function dayOf(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0)
}

/** For the list: the time today, a weekday within the week, else the date. */
export function shortTime(at: Instant, now: number): string {
  const days = daysBetween(at, now)
  if (days <= 0) return clock.format(at)
  if (days === 1) return say('day.yesterday')
  if (days < 7) return weekday.format(at)
  return sameYear(at, now) ? shortDate.format(at) : shortDateWithYear.format(at)
}

/** Of something that happened: the time today, else the day with the time. */
export function readTime(at: Instant, now: number): string {
  const days = daysBetween(at, now)
  return days <= 0 ? clock.format(at) : `${shortTime(at, now)}, ${clock.format(at)}`
}

/** Of what is to come: the time today, with the weekday within the week, else the date. */
export function untilTime(at: Instant, now: number): string {
  const days = -daysBetween(at, now)
  if (days <= 0) return clock.format(at)
  if (days < 7) return `${weekday.format(at)} ${clock.format(at)}`
  return sameYear(at, now) ? shortDate.format(at) : shortDateWithYear.format(at)
}

/** For the line between two days of a conversation. */
export function dayName(at: number, now: number): string {
  const days = daysBetween(at, now)
  if (days === 0) return say('day.today')
  if (days === 1) return say('day.yesterday')
  return sameYear(at, now) ? longDate.format(at) : longDateWithYear.format(at)
}

/** Counted in local days; summer time makes some of them an hour shorter or longer. */
function daysBetween(at: number, now: number): number {
  return Math.round((dayOf(now) - dayOf(at)) / DAY)
}

function sameYear(a: number, b: number): boolean {
  return new Date(a).getFullYear() === new Date(b).getFullYear()
}
