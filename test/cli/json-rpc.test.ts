// JSON-RPC over lines: the specification's own cases, lines cut anywhere, and whatever else may arrive.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createJsonRpc, MAX_LINE_BYTES } from '../../src/cli/json-rpc.ts'
import { answer, refuse } from '../../src/shared/answer.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)

/** What comes back for these bytes: `echo` answers its params, everything else is refused. */
async function say(...chunks: Uint8Array[]): Promise<unknown[]> {
  const lines: string[] = []
  const rpc = createJsonRpc({
    call: async (method, params) => {
      if (method === 'echo') return answer(params)
      if (method === 'busy') return refuse('rate-limited', undefined, 500)
      if (method === 'broken') return refuse('internal')
      return method === 'strict' ? refuse('bad-input', 'name: too_small') : refuse('unknown-call')
    },
    write: (line) => {
      expect(line).not.toContain('\n')
      lines.push(line)
    },
  })
  for (const chunk of chunks) rpc.receive(chunk)
  await rpc.finish()
  return lines.map((line) => JSON.parse(line))
}

const line = (...values: unknown[]) => utf8(values.map((value) => `${JSON.stringify(value)}\n`).join(''))
const request = (id: unknown, method: string, params?: unknown) => ({ jsonrpc: '2.0', id, method, params })

test('a call is answered with its result and its id', async () => {
  expect(await say(line(request(7, 'echo', { a: 1 }), request('x', 'echo')))).toEqual([
    { jsonrpc: '2.0', id: 7, result: { a: 1 } },
    { jsonrpc: '2.0', id: 'x', result: {} },
  ])
})

test.each([
  ['unknown', -32601, 'unknown-call'],
  ['strict', -32602, 'bad-input'],
  ['busy', -32000, 'rate-limited'],
  ['broken', -32603, 'internal'],
])('the refusal of %s has the code %i and says why in data', async (method, code, why) => {
  expect(await say(line(request(1, method)))).toMatchObject([{ id: 1, error: { code, data: { code: why } } }])
})

test('a last line without its end is one, and empty or cut off it does no harm', async () => {
  expect(await say(utf8(JSON.stringify(request(1, 'echo'))))).toMatchObject([{ id: 1, result: {} }])
  expect(await say(line(request(1, 'echo')), utf8('  '))).toMatchObject([{ id: 1, result: {} }])
  expect(await say(utf8('{"jsonrpc":"2.0","id":1,"meth'))).toMatchObject([{ id: null, error: { code: -32700 } }])
})

test('params go by name', async () => {
  expect(await say(line(request(1, 'echo', [1])))).toMatchObject([{ id: 1, error: { code: -32602 } }])
})

test.each([
  ['not JSON', '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]', -32700, null],
  ['an empty batch', '[]', -32600, null],
  ['a number', '1', -32600, null],
  ['no method', '{"jsonrpc":"2.0","id":5}', -32600, 5],
  ['another version', '{"jsonrpc":"1.0","id":5,"method":"echo"}', -32600, 5],
  ['params that are no structure', '{"jsonrpc":"2.0","id":5,"method":"echo","params":"bar"}', -32600, 5],
  ['an id that is none', '{"jsonrpc":"2.0","id":{},"method":"echo"}', -32600, null],
])('%s is refused', async (_, text, code, id) => {
  expect(await say(utf8(`${text}\n`))).toMatchObject([{ jsonrpc: '2.0', id, error: { code } }])
})

test.each(['9007199254740993', '-18446744073709551615', '1.50', '1E3', '"\\u00e9"', 'null'])(
  'an id comes back as the number that was written: %s',
  async (id) => {
    const written: string[] = []
    const rpc = createJsonRpc({ call: async () => answer({}), write: (text) => written.push(text) })
    const params = '{"id":12345678901234567890}'
    rpc.receive(utf8(`{"jsonrpc":"2.0","method":"echo","params":${params},"id":${id}}\n`))
    rpc.receive(utf8(`[{"jsonrpc":"2.0","id":${id}}]\n`))
    await rpc.finish()
    const same = id.startsWith('"') ? JSON.stringify(JSON.parse(id)) : id
    expect(written[0]).toBe(`{"jsonrpc":"2.0","id":${same},"result":{}}`)
    expect(written[1]).toContain(`[{"jsonrpc":"2.0","id":${same},"error"`)
  },
)

test('a name that means something to JavaScript is a name like any other', async () => {
  const names: string[][] = []
  const rpc = createJsonRpc({
    call: async (_, params) => {
      names.push(Object.keys(Object(params)))
      return answer(null)
    },
    write: () => {},
  })
  rpc.receive(utf8('{"jsonrpc":"2.0","id":1,"method":"echo","params":{"__proto__":{"text":"x"},"constructor":1}}\n'))
  await rpc.finish()
  expect(names).toEqual([['__proto__', 'constructor']])
})

test('bytes that are not UTF-8 are a parse error, and the next line is heard', async () => {
  const answers = await say(Uint8Array.of(0x22, 0xff, 0x22, 0x0a), line(request(1, 'echo')))
  expect(answers).toMatchObject([{ error: { code: -32700 } }, { id: 1, result: {} }])
})

test('a notification gets no answer, even if it is refused', async () => {
  expect(
    await say(line({ jsonrpc: '2.0', method: 'echo' }, { jsonrpc: '2.0', method: 'unknown', params: {} })),
  ).toEqual([])
})

test('a batch is answered as a batch, without its notifications; one of notifications only not at all', async () => {
  const notification = { jsonrpc: '2.0', method: 'echo' }
  const [responses] = await say(
    line([request(1, 'echo'), notification, request(2, 'unknown'), 3]),
    line([notification]),
  )
  expect(responses).toMatchObject([
    { id: 1, result: {} },
    { id: 2, error: { code: -32601 } },
    { id: null, error: { code: -32600 } },
  ])
})

test('a line that is too long is refused without being kept, and the next one is heard', async () => {
  const long = request(1, 'echo', { text: 'x'.repeat(MAX_LINE_BYTES) })
  const answers = await say(line(long), line(request(2, 'echo')))
  expect(answers).toMatchObject([
    { id: null, error: { code: -32600 } },
    { id: 2, result: {} },
  ])
})

test('the longest line that is allowed is heard', async () => {
  const empty = line(request(1, 'echo', { text: '' })).length - 1
  const [answered] = await say(line(request(1, 'echo', { text: 'x'.repeat(MAX_LINE_BYTES - empty) })))
  expect(answered).toMatchObject({ id: 1, result: {} })
})

test('wherever the bytes are cut, the answers are the same', async () => {
  const bytes = utf8(
    `${JSON.stringify(request(1, 'echo', { text: 'Grüße 🌿' }))}\r\n\n  \n[${JSON.stringify(request(2, 'echo'))}]\nx\n`,
  )
  const whole = await say(bytes)
  expect(whole).toHaveLength(3)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
      const at = [0, ...cuts.sort((one, other) => one - other), bytes.length]
      const chunks = at.slice(1).map((end, index) => bytes.slice(at[index], end))
      const sorted = (lines: unknown[]) => lines.map((each) => JSON.stringify(each)).sort()
      expect(sorted(await say(...chunks))).toEqual(sorted(whole))
    }),
  )
})

test('whatever a line holds, it is answered as the specification says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.json(), async (text) => {
      const value: unknown = JSON.parse(text)
      const answers = await say(utf8(`${JSON.stringify(value)}\n`))
      const expected = Array.isArray(value) && value.length > 0 ? value.map(() => -32600) : [-32600]
      expect(answers.flat().map((each) => Object(each).error?.code)).toEqual(expected)
    }),
  )
})

test('no bytes at all make it throw, and it goes on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 })), async (chunks) => {
      const answers = await say(...chunks, utf8('\n'), line(request('after', 'echo')))
      expect(answers).toContainEqual({ jsonrpc: '2.0', id: 'after', result: {} })
    }),
  )
})
