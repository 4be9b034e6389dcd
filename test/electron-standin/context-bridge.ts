// contextBridge: functions, promises and plain values between the page's world and the preload's world.
// Chromium clones a DOM event's detail when another world of the same document reads it, and dispatching is synchronous:
// so a call is one event there and one event back. The function runs, as text, in both worlds.

export interface Bridge {
  expose(name: string, api: unknown): void
}

/**
 * @param secret begins every event's name, so that the page cannot guess them
 * @param here this world's letter, and `there` the other's
 */
export function makeBridge(secret: string, here: string, there: string): Bridge {
  type Plain = Record<string, unknown>
  type Reply = { readonly value: unknown } | { readonly error: unknown }
  interface Settled {
    readonly id: number
    readonly reply: Reply
  }
  const tag = '__bridge'
  const listen = document.addEventListener.bind(document)
  const dispatch = document.dispatchEvent.bind(document)
  const BridgeEvent = CustomEvent
  const functions = new Map<number, (...args: unknown[]) => unknown>()
  const ids = new WeakMap<object, number>()
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>()
  let lastId = 0
  let answer: Reply | undefined

  const emit = (kind: string, detail: unknown): void => {
    dispatch(new BridgeEvent(secret + kind + there, { detail }))
  }
  const on = <Detail>(kind: string, listener: (detail: Detail) => void): void => {
    listen(secret + kind + here, (event) => listener((event as CustomEvent<Detail>).detail))
  }
  const isPlain = (value: object): value is Plain => {
    const prototype = Object.getPrototypeOf(value)
    return prototype === null || Object.getPrototypeOf(prototype) === null
  }
  const mapValues = (value: Plain, change: (part: unknown) => unknown): Plain =>
    Object.fromEntries(Object.entries(value).map(([key, part]) => [key, change(part)]))

  const encodeFunction = (value: (...args: unknown[]) => unknown): Plain => {
    const known = ids.get(value)
    const id = known ?? ++lastId
    ids.set(value, id)
    functions.set(id, value)
    return { [tag]: 'function', id }
  }
  const encodePromise = (value: PromiseLike<unknown>): Plain => {
    const id = ++lastId
    value.then(
      (result) => emit('settle', { id, reply: { value: encode(result) } }),
      (error) => emit('settle', { id, reply: { error: encode(error) } }),
    )
    return { [tag]: 'promise', id }
  }
  const encode = (value: unknown): unknown => {
    if (typeof value === 'function') return encodeFunction(value as (...args: unknown[]) => unknown)
    if (value === null || typeof value !== 'object') return value
    if ('then' in value && typeof value.then === 'function') return encodePromise(value as PromiseLike<unknown>)
    if (value instanceof Error) return { [tag]: 'error', message: value.message }
    if (Array.isArray(value)) return value.map(encode)
    return isPlain(value) ? mapValues(value, encode) : value
  }

  const decode = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) return value.map(decode)
    if (!isPlain(value)) return value
    const id = Number(value.id)
    switch (value[tag]) {
      case 'function':
        return (...args: unknown[]) => call(id, args)
      case 'promise':
        return new Promise((resolve, reject) => {
          waiting.set(id, { resolve, reject })
        })
      case 'error':
        return new Error(String(value.message))
      default:
        return mapValues(value, decode)
    }
  }

  const call = (id: number, args: unknown[]): unknown => {
    answer = undefined
    emit('call', { id, args: encode(args) })
    const reply = answer as Reply | undefined
    answer = undefined
    if (!reply) throw new Error('stand-in: the other world did not answer')
    if ('error' in reply) throw decode(reply.error)
    return decode(reply.value)
  }
  const answerCall = (id: number, args: unknown[]): Reply => {
    try {
      return { value: encode(functions.get(id)?.(...(decode(args) as unknown[]))) }
    } catch (error) {
      return { error: encode(error) }
    }
  }
  const freeze = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object' || !isPlain(value)) return value
    for (const part of Object.values(value)) freeze(part)
    return Object.freeze(value)
  }

  on<{ id: number; args: unknown[] }>('call', ({ id, args }) => emit('answer', answerCall(id, args)))
  on<Reply>('answer', (reply) => {
    answer = reply
  })
  on<Settled>('settle', ({ id, reply }) => {
    const promise = waiting.get(id)
    waiting.delete(id)
    if ('error' in reply) promise?.reject(decode(reply.error))
    else promise?.resolve(decode(reply.value))
  })
  on<{ name: string; api: unknown }>('expose', ({ name, api }) => {
    const value = freeze(decode(api))
    Object.defineProperty(window, name, { value, enumerable: true, configurable: false, writable: false })
  })
  return { expose: (name, api) => emit('expose', { name, api: encode(api) }) }
}
