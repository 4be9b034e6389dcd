// Where the bytes of an attachment come from and go to, a piece at a time: they may be more than fit into memory.

/** Bytes that are the same each time they are read. */
export interface ByteSource {
  /** How many there are. */
  readonly size: number
  /** From there to the end, in pieces of any length. */
  read(from: number): AsyncIterable<Uint8Array>
}

/** Takes bytes in their order. Nothing of them may be used before keep: only then is it known that all are right. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>
  keep(): Promise<void>
  discard(): Promise<void>
}

export function bytesIn(memory: Uint8Array): ByteSource {
  return {
    size: memory.length,
    async *read(from) {
      if (from < memory.length) yield memory.subarray(from)
    },
  }
}

/** For small ones: `kept` has them once they are right. */
export function sinkInMemory(): ByteSink & { kept(): Uint8Array | undefined } {
  let pieces: Uint8Array[] = []
  let kept: Uint8Array | undefined
  return {
    write: async (bytes) => void pieces.push(bytes),
    keep: async () => {
      kept = joined(pieces)
    },
    discard: async () => {
      pieces = []
    },
    kept: () => kept,
  }
}

/** In pieces of one length, but for the last one. Throws a RangeError if there are not so many bytes as was said. */
export async function* inPieces(
  bytes: AsyncIterable<Uint8Array>,
  length: number,
  count: number,
): AsyncGenerator<Uint8Array> {
  let gathered: Uint8Array[] = []
  let held = 0
  let left = count
  for await (const given of bytes) {
    let chunk = given
    left -= chunk.length
    if (left < 0) throw new RangeError('a source with more bytes than it said')
    while (held + chunk.length >= length) {
      const fitting = chunk.subarray(0, length - held)
      yield held === 0 ? fitting : joined([...gathered, fitting])
      chunk = chunk.subarray(fitting.length)
      gathered = []
      held = 0
    }
    if (chunk.length > 0) gathered.push(chunk)
    held += chunk.length
  }
  if (left > 0) throw new RangeError('a source with fewer bytes than it said')
  if (held > 0) yield joined(gathered)
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
