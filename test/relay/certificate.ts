// A certificate for 127.0.0.1 that nobody signed, made anew by openssl.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Certificate } from '../../src/relay/server.ts'

export interface CertificateFiles extends Certificate {
  certificateFile: string
  keyFile: string
}

const P256 = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']

/** `key`: which kind, as `openssl req -newkey` has it. */
export function makeCertificate(folder: string, name: string, key: readonly string[] = P256): CertificateFiles {
  const certificateFile = join(folder, `${name}.pem`)
  const keyFile = join(folder, `${name}.key`)
  const pair = ['-newkey', ...key, '-noenc']
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const files = ['-keyout', keyFile, '-out', certificateFile]
  execFileSync('openssl', ['req', '-x509', ...pair, ...subject, ...files], { stdio: 'ignore' })
  return {
    certificateFile,
    keyFile,
    certificate: readFileSync(certificateFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
  }
}
