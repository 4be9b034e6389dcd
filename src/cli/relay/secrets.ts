// The secrets that settings point to: tokens and the TLS certificate with its key, read from files of their own.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Certificate, tryCertificate } from '../../relay/server.ts'
import { flagOf, type Settings, SettingsRefused } from './settings.ts'

export interface Secrets {
  token: string | undefined
  metricsToken: string | undefined
  certificate: Certificate | undefined
}

/** Throws SettingsRefused. `now`: milliseconds since 1970. */
export function readSecrets(settings: Settings, now: number): Secrets {
  return {
    token: readToken('tokenFile', settings.tokenFile),
    metricsToken: readToken('metricsTokenFile', settings.metricsTokenFile),
    certificate: readCertificate(settings, now),
  }
}

/** A chain in PEM, this relay's first, and its key. It has to be valid now, and the two have to belong together. */
export function readCertificate({ tlsCertificate, tlsKey }: Settings, now: number): Certificate | undefined {
  if (tlsCertificate === undefined || tlsKey === undefined) return undefined
  const certificate = readText('tlsCertificate', tlsCertificate)
  const key = readText('tlsKey', tlsKey)
  const first = parsed('tlsCertificate', 'a certificate in PEM', () => new X509Certificate(certificate))
  const privateKey = parsed('tlsKey', 'a private key in PEM, without a passphrase', () => createPrivateKey(key))
  if (!first.checkPrivateKey(privateKey)) throw new SettingsRefused('tlsKey: is not the key of tlsCertificate')
  if (now > first.validToDate.getTime()) throw new SettingsRefused(`tlsCertificate: ended on ${first.validTo}`)
  const pair = { certificate, key }
  try {
    tryCertificate(pair)
  } catch (error) {
    throw new SettingsRefused(`tlsCertificate: TLS does not take it: ${reasonOf(error)}`)
  }
  return pair
}

/** In the words of OpenSSL, such as `ee key too small`. */
function reasonOf(error: unknown): string {
  return error instanceof Error && 'reason' in error ? String(error.reason) : 'no reason was given'
}

function readToken(setting: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  const token = readText(setting, file).trim()
  if (/^[\x21-\x7e]{16,}$/.test(token)) return token
  throw new SettingsRefused(`${setting}: a token has 16 or more visible ASCII characters`)
}

function readText(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new SettingsRefused(`--${flagOf(setting)} cannot be read: ${file}`)
  }
}

/** Without the error of the parser, which may quote what it read. */
function parsed<T>(setting: string, what: string, parse: () => T): T {
  try {
    return parse()
  } catch {
    throw new SettingsRefused(`${setting}: is not ${what}`)
  }
}
