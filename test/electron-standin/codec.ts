// What structured clone carries over Electron's IPC, written as tagged JSON. The function also runs, as text, in the page.

/** A value that JSON cannot carry is an object whose `$` names its kind. */
interface Tagged {
  readonly $: string
  readonly v?: unknown
  readonly type?: string
  readonly stack?: string
}

export interface Codec {
  /** Throws Electron's 'An object could not be cloned.' for functions, symbols and promises. Cycles are refused too. */
  encode(value: unknown): string
  decode(text: string): unknown
}

export function makeCodec(): Codec {
  interface Base64Bytes {
    toBase64?(): string
  }
  interface Base64Constructor {
    fromBase64?(text: string): Uint8Array<ArrayBuffer>
  }

  const toBase64 = (bytes: Uint8Array): string => {
    if (typeof Buffer !== 'undefined') {
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
    }
    return (bytes as Base64Bytes).toBase64?.() ?? ''
  }

  const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => {
    if (typeof Buffer !== 'undefined') return new Uint8Array(Buffer.from(text, 'base64'))
    return (Uint8Array as Base64Constructor).fromBase64?.(text) ?? new Uint8Array()
  }

  const encodeObject = (value: object, seen: readonly object[]): unknown => {
    if (seen.includes(value)) throw new Error('stand-in: cyclic values are not supported over IPC')
    const inside = [...seen, value]
    const each = (part: unknown): unknown => encodeValue(part, inside)
    if (value instanceof Date) return { $: 'date', v: value.getTime() }
    if (value instanceof Error) return { $: 'error', v: value.message, type: value.name, stack: value.stack }
    if (value instanceof Map) return { $: 'map', v: [...value].map((pair) => pair.map(each)) }
    if (value instanceof Set) return { $: 'set', v: [...value].map(each) }
    if (value instanceof ArrayBuffer) return { $: 'buffer', v: toBase64(new Uint8Array(value)) }
    if (ArrayBuffer.isView(value)) {
      const isBuffer = typeof Buffer !== 'undefined' && Buffer.isBuffer(value)
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      return { $: 'view', type: isBuffer ? 'Uint8Array' : value.constructor.name, v: toBase64(bytes) }
    }
    if (Array.isArray(value)) return value.map(each)
    if ('then' in value && typeof value.then === 'function') throw new Error('An object could not be cloned.')
    const entries = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, each(part)]))
    return '$' in entries ? { $: 'object', v: entries } : entries
  }

  const encodeValue = (value: unknown, seen: readonly object[]): unknown => {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value
      case 'number':
        if (Number.isFinite(value) && !Object.is(value, -0)) return value
        return { $: 'number', v: Object.is(value, -0) ? '-0' : String(value) }
      case 'undefined':
        return { $: 'undefined' }
      case 'bigint':
        return { $: 'bigint', v: String(value) }
      case 'object':
        return value === null ? null : encodeObject(value, seen)
      default:
        throw new Error('An object could not be cloned.')
    }
  }

  const decodeError = (tagged: Tagged): Error => {
    const error = new Error(String(tagged.v))
    error.name = tagged.type ?? 'Error'
    if (tagged.stack !== undefined) error.stack = tagged.stack
    return error
  }

  const decodeView = (tagged: Tagged): ArrayBufferView => {
    const bytes = fromBase64(String(tagged.v))
    if (tagged.type === 'DataView') return new DataView(bytes.buffer)
    const kinds = [Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array]
    const kind = [...kinds, Float64Array, BigInt64Array, BigUint64Array].find(({ name }) => name === tagged.type)
    return kind ? new kind(bytes.buffer) : bytes
  }

  const decodeTagged = (tagged: Tagged): unknown => {
    switch (tagged.$) {
      case 'number':
        return Number(tagged.v)
      case 'undefined':
        return undefined
      case 'bigint':
        return BigInt(String(tagged.v))
      case 'date':
        return new Date(Number(tagged.v))
      case 'error':
        return decodeError(tagged)
      case 'map':
        return new Map((tagged.v as [unknown, unknown][]).map(([key, part]) => [decodeValue(key), decodeValue(part)]))
      case 'set':
        return new Set((tagged.v as unknown[]).map(decodeValue))
      case 'buffer':
        return fromBase64(String(tagged.v)).buffer
      case 'view':
        return decodeView(tagged)
      default:
        return decodeEntries(tagged.v as object)
    }
  }

  const decodeEntries = (value: object): object =>
    Object.fromEntries(Object.entries(value).map(([key, part]) => [key, decodeValue(part)]))

  const decodeValue = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) return value.map(decodeValue)
    return '$' in value ? decodeTagged(value as Tagged) : decodeEntries(value)
  }

  return {
    encode: (value) => JSON.stringify(encodeValue(value, [])),
    decode: (text) => decodeValue(JSON.parse(text)),
  }
}
