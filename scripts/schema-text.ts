// Schemas as people read them: the types of TypeScript, with limits behind them as comments.

import { z } from 'zod'

/** Types that have a name: shown as such wherever they occur. */
export type NamedSchemas = Readonly<Record<string, z.ZodType>>

const LONGEST_LINE = 100

const Shape = z.object({
  $ref: z.string().optional(),
  type: z.union([z.string().transform((one) => [one]), z.array(z.string())]).default([]),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  /** Of an object whose names are values of a type. */
  propertyNames: z.unknown().optional(),
  additionalProperties: z.unknown().optional(),
  required: z.array(z.string()).default([]),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  default: z.unknown().optional(),
})
type Shape = z.output<typeof Shape>

export function createSchemaText(named: NamedSchemas) {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id })

  /** What is written (`input`) or read (`output`). */
  function text(schema: z.ZodType, io: 'input' | 'output'): string {
    return write(z.toJSONSchema(schema, { metadata: registry, io, unrepresentable: 'any' }), '')
  }

  /** The type behind a name. */
  function definition(id: string): string {
    const schema = named[id]
    if (schema === undefined) throw new Error(`no schema is called ${id}`)
    const { $defs = {} } = z.toJSONSchema(schema, { metadata: registry, io: 'output', unrepresentable: 'any' })
    return write($defs[id], '')
  }

  return { text, definition }
}

function write(json: unknown, indent: string): string {
  const shape = Shape.parse(json)
  if (shape.$ref !== undefined) return shape.$ref.replace('#/$defs/', '')
  if (shape.const !== undefined) return JSON.stringify(shape.const)
  if (shape.enum !== undefined)
    return joinChoices(
      shape.enum.map((each) => JSON.stringify(each)),
      indent,
    )
  const choices = shape.oneOf ?? shape.anyOf
  if (choices !== undefined)
    return joinChoices(
      choices.map((choice) => write(choice, `${indent}    `)),
      indent,
    )
  if (shape.type.includes('array')) return `${inBrackets(write(shape.items, indent))}[]`
  if (shape.propertyNames !== undefined) return writeRecord(shape, indent)
  if (shape.type.includes('object')) return writeObject(shape.properties ?? {}, shape.required, indent)
  return shape.type.map((type) => (type === 'integer' ? 'number' : type)).join(' | ') || 'unknown'
}

/** What binds less than the brackets of a list. */
function inBrackets(text: string): string {
  return /^[^{]* \| /.test(text) || text.startsWith('\n') ? `(${text})` : text
}

/** With a mark where not every name has to be there. */
function writeRecord({ propertyNames, additionalProperties, required }: Shape, indent: string): string {
  const mark = required.length === 0 ? '?' : ''
  return `{ [name in ${write(propertyNames, indent)}]${mark}: ${write(additionalProperties, indent)} }`
}

function joinChoices(choices: readonly string[], indent: string): string {
  const line = choices.join(' | ')
  if (line.length + indent.length < LONGEST_LINE && !line.includes('\n')) return line
  return choices.map((choice) => `\n${indent}  | ${choice}`).join('')
}

/** On one line as long as that is short. */
function writeObject(properties: Record<string, unknown>, required: readonly string[], indent: string): string {
  const members = Object.entries(properties).map(([name, json]) => {
    const mark = required.includes(name) ? '' : '?'
    return { text: `${name}${mark}: ${write(json, `${indent}  `)}`.replace(': \n', ':\n'), limits: limitsOf(json) }
  })
  if (members.length === 0) return '{}'
  const line = `{ ${members.map((member) => member.text).join(', ')} }`
  const simple = members.every((member) => member.limits === '' && !member.text.includes('\n'))
  if (simple && line.length + indent.length < LONGEST_LINE) return line
  const lines = members.map(({ text, limits }) => `${indent}  ${text}${limits && ` // ${limits}`}\n`)
  return `{\n${lines.join('')}${indent}}`
}

function limitsOf(json: unknown): string {
  const { minItems = 0, maxItems, anyOf = [], default: otherwise } = Shape.parse(json)
  // What may be null has the limits of what else it may be.
  const [value = json] = anyOf.filter((choice) => !Shape.parse(choice).type.includes('null'))
  const { minimum, maximum, minLength = 0, maxLength } = Shape.parse(value)
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum
  const limits = [
    most === undefined ? '' : `${minimum}–${most}`,
    maxLength === undefined ? '' : `${minLength}–${maxLength} characters`,
    maxItems === undefined ? '' : minItems === maxItems ? `${maxItems} of them` : `${minItems}–${maxItems} of them`,
    otherwise === undefined ? '' : `${JSON.stringify(otherwise)} if left out`,
  ]
  return limits.filter((limit) => limit !== '').join('; ')
}
