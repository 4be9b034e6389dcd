// What the relay commits, by name, and where crash tests end it: around each commit [P82].

export const WRITES = [
  'register',
  'devices',
  'erase',
  'disable',
  'invite',
  'keys',
  'take',
  'append',
  'acknowledge',
  'seen',
  'expire',
  'entry',
  'publish',
  'expire-stream',
  'upload',
  'whole',
  'forget',
  'schedule',
  'cancel',
  'release',
  'rendezvous',
] as const
export type WriteName = (typeof WRITES)[number]

export type CrashPoint = `${WriteName}:${'before' | 'after'}-commit` | 'append:accepted'
