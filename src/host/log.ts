// The log: one JSON object a line, of events and ids; what does not fit that shape does not get in.

import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'
import type { Clock, Log, LogFields } from '../engine/ports.ts'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LEVELS)[number]

export interface LogSink {
  /** Called with whole lines. Must not throw. */
  write(line: string): void
  close(): void
}

/** Characters that a single value may take: ids and codes do, messages do not. */
const LONGEST_VALUE = 160

/** Lines of at least this level, to a sink. */
export function createLog(sink: LogSink, clock: Clock, least: LogLevel = 'info'): Log {
  const at = (level: LogLevel) => (event: string, fields?: LogFields) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return
    const time = new Date(clock.now()).toISOString()
    sink.write(`${JSON.stringify({ time, level, event: event.slice(0, LONGEST_VALUE), ...plain(fields) })}\n`)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Believes no type here: an error, a row or a buffer that slipped in would carry what must not be written. */
function plain(fields: LogFields = {}): LogFields {
  const kept: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'time' || name === 'level' || name === 'event') continue
    if (typeof value === 'string') kept[name] = value.slice(0, LONGEST_VALUE)
    else if (typeof value === 'number' || typeof value === 'boolean') kept[name] = value
  }
  return kept
}

/**
 * A file readable by its owner only. At `limit` bytes it becomes `<file>.1`, in place of the one before. A disk that does
 * not take a line loses it: a log never stops the messenger.
 */
export function logToFile(file: string, limit = 1 << 20): LogSink {
  let open: OpenLog | undefined = openLog(file)
  return {
    write: (line) => {
      if (open === undefined) return
      try {
        if (open.size + line.length > limit) open = rotate(file, open)
        open.size += writeSync(open.descriptor, line)
      } catch {}
    },
    close: () => {
      if (open !== undefined) closeSync(open.descriptor)
      open = undefined
    },
  }
}

interface OpenLog {
  descriptor: number
  size: number
}

/** The old descriptor is closed last: a closed one must never be written to, its number may be another file's by then. */
function rotate(file: string, old: OpenLog): OpenLog {
  renameSync(file, `${file}.1`)
  const fresh = openLog(file)
  closeSync(old.descriptor)
  return fresh
}

function openLog(file: string): OpenLog {
  const descriptor = openSync(file, 'a', 0o600)
  return { descriptor, size: fstatSync(descriptor).size }
}

/** Standard error, for servers and the command line. */
export const logToStandardError: LogSink = {
  write: (line) => {
    process.stderr.write(line)
  },
  close: () => {},
}
