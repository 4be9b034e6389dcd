// The code by which two devices find each other: eight characters of Crockford's base32, shown in two groups.
// https://www.crockford.com/base32.html

import { z } from 'zod'

export const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
export const CODE_LENGTH = 8

/** As a person types it: in any case, in groups or not, with O for 0 and I or L for 1. */
export const LinkCode = z
  .string()
  .max(64)
  .transform((typed) => typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1'))
  .pipe(z.string().regex(new RegExp(`^[${CODE_ALPHABET}]{${CODE_LENGTH}}$`)))
  .brand<'LinkCode'>()
export type LinkCode = z.infer<typeof LinkCode>

/** From five random bytes: 40 bits are eight characters. */
export function linkCodeOf(bytes: Uint8Array): LinkCode {
  let value = 0n
  for (const byte of bytes.subarray(0, 5)) value = (value << 8n) | BigInt(byte)
  let code = ''
  for (let at = 0; at < CODE_LENGTH; at++) {
    code = CODE_ALPHABET.charAt(Number(value & 31n)) + code
    value >>= 5n
  }
  return LinkCode.parse(code)
}

/** `AB12-CD34` */
export function inGroups(code: LinkCode): string {
  return `${code.slice(0, CODE_LENGTH / 2)}-${code.slice(CODE_LENGTH / 2)}`
}
