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
type Id = z.infer<typeof Id>

/** Without an id it is a notification, which gets no answer, not even a refusal. Further members are left alone. */
const Request = z.object({
  jsonrpc: z.literal('2.0'),
  method: z.string(),
  params: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).optional(),
  id: Id.optional(),
})

type Response = { jsonrpc: '2.0'; id: Id } & (
  | { result: unknown }
  | { error: { code: number; message: string; data?: unknown } }
)

const PARSE_ERROR = failed(null, -32700, 'not JSON in UTF-8')
const TOO_LONG = failed(null, -32600, `a line longer than ${MAX_LINE_BYTES} bytes`)

/** What is not among them is an expected refusal. */
const ERROR_CODES: Partial<Record<FailureCode, number>> = {
  'unknown-call': -32601,
  'bad-input': -32602,
  internal: -32603,
}
const REFUSED = -32000

export function createJsonRpc({ call, write }: JsonRpcOptions): JsonRpc {
  const pending = new Set<Promise<void>>()

  async function respond(request: unknown): Promise<Response | undefined> {
    const parsed = Request.safeParse(request)
    if (!parsed.success) return failed(idOf(request), -32600, 'not a request')
    const { method, params = {}, id } = parsed.data
    const outcome = await (Array.isArray(params) ? refuse('bad-input', 'params go by name') : call(method, params))
    if (id === undefined) return undefined
    if (outcome.ok) return { jsonrpc: '2.0', id, result: outcome.value }
    const { failure } = outcome
    return failed(id, ERROR_CODES[failure.code] ?? REFUSED, failure.detail ?? failure.code, failure)
  }

  async function answerLine(value: unknown): Promise<void> {
    if (Array.isArray(value) && value.length > 0) {
      const responses = (await Promise.all(value.map(respond))).filter((response) => response !== undefined)
      if (responses.length > 0) write(JSON.stringify(responses))
      return
    }
    const response = await respond(value)
    if (response !== undefined) write(JSON.stringify(response))
  }

  function receiveLine(line: Uint8Array): void {
    const text = decode(line)
    if (text?.trim() === '') return
    const value = text === undefined ? undefined : parse(text)
    if (value === undefined) {
      write(JSON.stringify(PARSE_ERROR))
    } else {
      const answering = answerLine(value).finally(() => pending.delete(answering))
      pending.add(answering)
    }
  }

  const lines = cutLines(receiveLine, () => write(JSON.stringify(TOO_LONG)))
  return {
    receive: lines.receive,
    notify: (method, params) => write(JSON.stringify({ jsonrpc: '2.0', method, params })),
    finish: async () => {
      lines.end()
      while (pending.size > 0) await Promise.all(pending)
    },
  }
}

function failed(id: Id, code: number, message: string, data?: unknown): Response {
  return { jsonrpc: '2.0', id, error: data === undefined ? { code, message } : { code, message, data } }
}

/** The id of something that is no request otherwise: null if it cannot be told. */
function idOf(request: unknown): Id {
  const parsed = z.object({ id: Id }).safeParse(request)
  return parsed.success ? parsed.data.id : null
}

/** Undefined: not UTF-8. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** Undefined, which JSON has no word for: not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
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
