// JSON-RPC 2.0 over lines: one JSON value a line, in and out. https://www.jsonrpc.org/specification

import { z } from 'zod'
import { type Answer, refuse } from '../shared/answer.ts'
import type { FailureCode } from '../shared/failure.ts'

export interface JsonRpcOptions {
  /** Must not throw. */
  call(method: string, params: unknown): Promise<Answer<unknown>>
  /** One line, without its end. */
  write(line: string): void
}

export interface JsonRpc {
  /** Bytes as they come, cut anywhere. */
  receive(bytes: Uint8Array): void
  notify(method: string, params: unknown): void
  /** Nothing more comes: what stands behind the last line end is a line too. Resolves when everything is answered. */
  finish(): Promise<void>
}

/** Bytes of a line; a longer one is skipped up to its end and refused. */
export const MAX_LINE_BYTES = 1 << 20

const Id = z.union([z.string(), z.number(), z.null()])

/** Without an id it is a notification, which gets no answer, not even a refusal. Further members are left alone. */
const Request = z.object({
  jsonrpc: z.literal('2.0'),
  method: z.string(),
  /** As they came: the names in them are looked at by whoever takes the call. */
  params: z.custom<object>((params) => typeof params === 'object' && params !== null).optional(),
  id: Id.optional(),
})

/** An id as JSON, and a response as JSON. */
type Json = string

const NO_ID: Json = 'null'
const PARSE_ERROR = failed(NO_ID, -32700, 'not JSON in UTF-8')
const TOO_LONG = failed(NO_ID, -32600, `a line longer than ${MAX_LINE_BYTES} bytes`)
const TOO_MUCH = failed(NO_ID, -32603, 'the answers to this batch are too much for a line')

/** What is not among them is an expected refusal. */
const ERROR_CODES: Partial<Record<FailureCode, number>> = {
  'unknown-call': -32601,
  'bad-input': -32602,
  internal: -32603,
}
const REFUSED = -32000

export function createJsonRpc({ call, write }: JsonRpcOptions): JsonRpc {
  const pending = new Set<Promise<void>>()

  async function respond(request: unknown, idOf: IdOf): Promise<Json | undefined> {
    const parsed = Request.safeParse(request)
    if (!parsed.success) return failed(idOf(request), -32600, 'not a request')
    const { method, params = {}, id } = parsed.data
    const outcome = await (Array.isArray(params) ? refuse('bad-input', 'params go by name') : call(method, params))
    if (id === undefined) return undefined
    if (outcome.ok) return response(idOf(request), { result: outcome.value ?? null })
    const { failure } = outcome
    return failed(idOf(request), ERROR_CODES[failure.code] ?? REFUSED, failure.detail ?? failure.code, failure)
  }

  async function answerLine({ value, idOf }: Line): Promise<void> {
    if (Array.isArray(value) && value.length > 0) {
      const responses = await Promise.all(value.map((request) => respond(request, idOf)))
      const answers = responses.filter((answered) => answered !== undefined)
      if (answers.length > 0) write(joined(answers) ?? TOO_MUCH)
      return
    }
    const answered = await respond(value, idOf)
    if (answered !== undefined) write(answered)
  }

  function receiveLine(line: Uint8Array): void {
    const text = decode(line)
    if (text?.trim() === '') return
    const said = text === undefined ? undefined : parse(text)
    if (said === undefined) {
      write(PARSE_ERROR)
    } else {
      const answering = answerLine(said).finally(() => pending.delete(answering))
      pending.add(answering)
    }
  }

  const lines = cutLines(receiveLine, () => write(TOO_LONG))
  return {
    receive: lines.receive,
    notify: (method, params) => write(JSON.stringify({ jsonrpc: '2.0', method, params })),
    finish: async () => {
      lines.end()
      while (pending.size > 0) await Promise.all(pending)
    },
  }
}

function response(id: Json, outcome: { result: unknown } | { error: object }): Json {
  return `{"jsonrpc":"2.0","id":${id},${JSON.stringify(outcome).slice(1)}`
}

function failed(id: Json, code: number, message: string, data?: unknown): Json {
  return response(id, { error: data === undefined ? { code, message } : { code, message, data } })
}

/** Undefined: longer than a text can be. */
function joined(answers: readonly Json[]): Json | undefined {
  try {
    return `[${answers.join(',')}]`
  } catch {
    return undefined
  }
}

/** Undefined: not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** What a line says. */
interface Line {
  value: unknown
  idOf: IdOf
}

/** The id of a request as it was written, and also of what is none otherwise: null if it cannot be told. */
type IdOf = (request: unknown) => Json

/** An id of which JSON.parse may keep another number, or write it in another way. */
const INEXACT_ID = /"id"\s*:\s*-?(?:\d{16}|\d+[.eE])/

/** Undefined: not JSON. */
function parse(text: string): Line | undefined {
  /** By the request that they are of. */
  const numbers = new WeakMap<object, Json>()
  function keepNumber(this: object, name: string, value: unknown, context?: { source?: string }): unknown {
    if (name === 'id' && typeof value === 'number' && context?.source !== undefined) numbers.set(this, context.source)
    return value
  }
  try {
    return { value: JSON.parse(text, INEXACT_ID.test(text) ? keepNumber : undefined), idOf }
  } catch {
    return undefined
  }

  function idOf(request: unknown): Json {
    const parsed = z.object({ id: Id }).safeParse(request)
    if (!parsed.success) return NO_ID
    return numbers.get(Object(request)) ?? JSON.stringify(parsed.data.id)
  }
}

const LINE_END = 0x0a

/** Collects chunks into lines. Of a line that is too long nothing is kept. */
function cutLines(line: (bytes: Uint8Array) => void, tooLong: () => void) {
  let parts: Uint8Array[] = []
  let size = 0
  const take = (part: Uint8Array): void => {
    size += part.length
    if (size <= MAX_LINE_BYTES) parts.push(part)
    else parts = []
  }
  const end = (): void => {
    if (size > MAX_LINE_BYTES) tooLong()
    else line(Buffer.concat(parts))
    parts = []
    size = 0
  }
  return {
    receive: (bytes: Uint8Array): void => {
      let from = 0
      for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, from)) {
        take(bytes.subarray(from, at))
        end()
        from = at + 1
      }
      take(bytes.subarray(from))
    },
    end,
  }
}
