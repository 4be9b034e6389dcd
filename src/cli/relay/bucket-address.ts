// The address of a place in S3, or in whatever speaks its protocol. Credentials are in the environment, not in it.

import type { Bucket } from '../../relay/blobs/s3.ts'

export function isBucketAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password, searchParams } = new URL(text)
  const endpoint = searchParams.get('endpoint')
  return (
    protocol === 's3:' &&
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(hostname) &&
    username + password === '' &&
    (endpoint === null || /^https?:\/\//.test(endpoint)) &&
    [...searchParams.keys()].every((name) => name === 'endpoint' || name === 'region')
  )
}

/** Of one that is. */
export function readBucket(text: string): Bucket {
  const { hostname, pathname, searchParams } = new URL(text)
  const folders = pathname.split('/').filter((part) => part !== '')
  return {
    bucket: hostname,
    prefix: folders.map((folder) => `${folder}/`).join(''),
    endpoint: searchParams.get('endpoint') ?? undefined,
    region: searchParams.get('region') ?? undefined,
  }
}
