// A message of any type with something in every field, the same each time: what golden frames are made of.

import { create, type DescField, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf'

export function sampleMessage(type: DescMessage): Message {
  const fields = type.fields.filter(({ oneof }) => oneof === undefined)
  return create(type, Object.fromEntries(fields.map((field) => [field.localName, sampleOf(field)])))
}

/** One for each case of its only oneof, with everything else filled too. */
export function sampleOfEachCase(type: DescMessage): { name: string; message: Message }[] {
  const [body] = type.oneofs
  if (body === undefined) throw new Error(`${type.name} has no cases`)
  return body.fields.map((field) => ({
    name: field.name,
    message: Object.assign(sampleMessage(type), {
      [body.localName]: { case: field.localName, value: sampleOf(field) },
    }),
  }))
}

function sampleOf(field: DescField): unknown {
  switch (field.fieldKind) {
    case 'message':
      return sampleMessage(field.message)
    case 'enum':
      return field.enum.values.at(1)?.number
    case 'scalar':
      return sampleScalar(field.scalar, field.number)
    case 'list':
      return [0, 1].map((nth) => {
        if (field.listKind === 'message') return sampleMessage(field.message)
        if (field.listKind === 'enum') return field.enum.values.at(nth + 1)?.number
        return sampleScalar(field.scalar, field.number + 100 * nth)
      })
    case 'map':
      throw new Error('no frame has a map')
  }
}

/** From the number of the field, so that two of a kind are not taken for each other. */
function sampleScalar(type: ScalarType, seed: number): unknown {
  switch (type) {
    case ScalarType.UINT32:
      return 1000 + seed
    case ScalarType.UINT64:
      return 2n ** 40n + BigInt(seed)
    case ScalarType.BOOL:
      return true
    case ScalarType.STRING:
      return `text ${seed}`
    case ScalarType.BYTES:
      return new Uint8Array(16).fill(seed)
    default:
      throw new Error(`no frame has a scalar of type ${type}`)
  }
}
