// S3 as its protocol has it, as far as blobs need it: signatures are checked, parts have their least size, and what is not
// completed is not there. In memory; https://docs.aws.amazon.com/AmazonS3/latest/API/ is what it goes by.

import { createHash, createHmac, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

const REGION = 'test-1'
const BUCKET = 'relay-blobs'
const KEY = { id: 'AKIDTEST', secret: 'a-secret-of-the-test' }
const LEAST_PART = 5 * 1024 * 1024
const PARTS_A_PAGE = 2

export interface S3Server {
  /** As a relay is told of it. */
  address: string
  /** For the environment of whoever speaks to it. */
  credentials: Record<'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY', string>
  /** Whole objects by key. */
  objects: Map<string, Buffer>
  /** Uploads in parts that were begun and neither completed nor aborted. */
  unfinished(): number
  /** From now on every request is answered so; undefined: as it should be. */
  fail(status: number | undefined): void
  close(): Promise<void>
}

interface Asked {
  method: string
  key: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: Buffer
}

interface Answer {
  status: number
  headers?: Record<string, string | number>
  body?: Buffer | string
}

interface MultipartUpload {
  key: string
  parts: Map<number, Buffer>
}

export async function startS3(): Promise<S3Server> {
  const objects = new Map<string, Buffer>()
  const uploads = new Map<string, MultipartUpload>()
  let failing: number | undefined

  function answer(asked: Asked): Answer {
    const { method, query } = asked
    const upload = query.get('uploadId')
    if (query.has('uploads')) return method === 'POST' ? begin(asked) : listUploads(query.get('prefix') ?? '')
    if (upload !== null) return inUpload(asked, upload)
    switch (method) {
      case 'PUT':
        return put(asked)
      case 'HEAD':
      case 'GET':
        return get(asked)
      case 'DELETE':
        objects.delete(asked.key)
        return { status: 204 }
      default:
        return problem(405, 'MethodNotAllowed')
    }
  }

  function put({ key, headers, body }: Asked): Answer {
    const source = headers['x-amz-copy-source']
    if (source === undefined) {
      objects.set(key, body)
      return { status: 200, headers: { etag: etag(body) } }
    }
    const [bucket, ...rest] = decodeURIComponent(String(source)).replace(/^\//, '').split('/')
    const copied = objects.get(rest.join('/'))
    if (bucket !== BUCKET || copied === undefined) return problem(404, 'NoSuchKey')
    objects.set(key, copied)
    return { status: 200, body: `<CopyObjectResult><ETag>${etag(copied)}</ETag></CopyObjectResult>` }
  }

  function get({ method, key, headers }: Asked): Answer {
    const object = objects.get(key)
    if (object === undefined) return problem(404, 'NoSuchKey')
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
    const range = first !== undefined && last !== undefined
    const part = range ? object.subarray(Number(first), Number(last) + 1) : object
    const common = { etag: etag(object), 'content-length': part.length }
    const body = method === 'GET' ? part : ''
    if (!range) return { status: 200, headers: common, body }
    return { status: 206, headers: { ...common, 'content-range': `bytes ${first}-${last}/${object.length}` }, body }
  }

  function begin({ key }: Asked): Answer {
    const id = randomUUID()
    uploads.set(id, { key, parts: new Map() })
    const inside = `<Bucket>${BUCKET}</Bucket><Key>${key}</Key><UploadId>${id}</UploadId>`
    return { status: 200, body: `<InitiateMultipartUploadResult>${inside}</InitiateMultipartUploadResult>` }
  }

  function listUploads(prefix: string): Answer {
    const found = [...uploads].filter(([, { key }]) => key.startsWith(prefix))
    const entries = found.map(([id, { key }]) => `<Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>`)
    return {
      status: 200,
      body: `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${entries.join('')}</ListMultipartUploadsResult>`,
    }
  }

  function inUpload(asked: Asked, id: string): Answer {
    const upload = uploads.get(id)
    if (upload === undefined || upload.key !== asked.key) return problem(404, 'NoSuchUpload')
    switch (asked.method) {
      case 'PUT': {
        upload.parts.set(Number(asked.query.get('partNumber')), asked.body)
        return { status: 200, headers: { etag: etag(asked.body) } }
      }
      case 'GET':
        return listParts(upload, Number(asked.query.get('part-number-marker') ?? 0))
      case 'DELETE':
        uploads.delete(id)
        return { status: 204 }
      default:
        return complete(asked, id, upload)
    }
  }

  function listParts({ parts }: MultipartUpload, after: number): Answer {
    const numbers = [...parts.keys()].filter((number) => number > after).toSorted((a, b) => a - b)
    const page = numbers.slice(0, PARTS_A_PAGE)
    const entries = page.map((number) => {
      const part = parts.get(number) ?? Buffer.alloc(0)
      return `<Part><PartNumber>${number}</PartNumber><ETag>${etag(part)}</ETag><Size>${part.length}</Size></Part>`
    })
    const rest = `<IsTruncated>${numbers.length > page.length}</IsTruncated><NextPartNumberMarker>${page.at(-1) ?? 0}</NextPartNumberMarker>`
    return { status: 200, body: `<ListPartsResult>${rest}${entries.join('')}</ListPartsResult>` }
  }

  function complete({ key, body }: Asked, id: string, { parts }: MultipartUpload): Answer {
    const named = [...body.toString().matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, inside = '']) => ({
      number: Number(/<PartNumber>(\d+)</.exec(inside)?.[1]),
      tag: /<ETag>(.*?)</.exec(inside)?.[1]?.replaceAll('&quot;', '"'),
    }))
    const chosen = named.map(({ number }) => parts.get(number))
    if (named.length === 0) return problem(400, 'MalformedXML')
    for (const [index, part] of chosen.entries()) {
      if (part === undefined || etag(part) !== named[index]?.tag) return problem(400, 'InvalidPart')
      if (index > 0 && (named[index - 1]?.number ?? 0) >= (named[index]?.number ?? 0))
        return problem(400, 'InvalidPartOrder')
      if (index < chosen.length - 1 && part.length < LEAST_PART) return problem(400, 'EntityTooSmall')
    }
    objects.set(key, Buffer.concat(chosen.filter((part) => part !== undefined)))
    uploads.delete(id)
    return { status: 200, body: `<CompleteMultipartUploadResult><Key>${key}</Key></CompleteMultipartUploadResult>` }
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const url = new URL(request.url ?? '/', 'http://here')
      const [bucket, ...rest] = decodeURIComponent(url.pathname).slice(1).split('/')
      const { method = '', headers } = request
      const asked: Asked = { method, key: rest.join('/'), query: url.searchParams, headers, body }
      const wrong = failing === undefined ? whyNotSigned(asked, url) : undefined
      const answered =
        failing !== undefined
          ? problem(failing, 'InternalError')
          : wrong !== undefined
            ? problem(403, wrong)
            : bucket === BUCKET
              ? answer(asked)
              : problem(404, 'NoSuchBucket')
      response.writeHead(answered.status, { 'content-type': 'application/xml', ...answered.headers })
      response.end(method === 'HEAD' ? undefined : answered.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    address: `s3://${BUCKET}/some/folder?endpoint=${encodeURIComponent(endpoint)}&region=${REGION}`,
    credentials: { AWS_ACCESS_KEY_ID: KEY.id, AWS_SECRET_ACCESS_KEY: KEY.secret },
    objects,
    unfinished: () => uploads.size,
    fail: (status) => {
      failing = status
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function etag(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`
}

function problem(status: number, code: string): Answer {
  return { status, body: `<Error><Code>${code}</Code><Message>${code}</Message></Error>` }
}

/** Signature Version 4, worked out anew: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function whyNotSigned({ method, query, headers, body }: Asked, url: URL): string | undefined {
  const [, id, day, region, signed = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? '',
    ) ?? []
  if (id !== KEY.id || region !== REGION || day === undefined) return 'AccessDenied'
  const payload = String(headers['x-amz-content-sha256'])
  if (payload !== sha256(body)) return 'XAmzContentSHA256Mismatch'
  const time = String(headers['x-amz-date'])
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!time.startsWith(day) || !(Math.abs(Date.now() - at) < 15 * 60_000)) return 'RequestTimeTooSkewed'
  for (const name of ['host', 'x-amz-content-sha256', 'x-amz-date'])
    if (!signed.split(';').includes(name)) return 'AccessDenied'
  const request = [
    method,
    decodeURIComponent(url.pathname).split('/').map(encoded).join('/'),
    [...query]
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .toSorted()
      .join('&'),
    ...signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    signed,
    payload,
  ].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', time, `${day}/${region}/s3/aws4_request`, sha256(request)].join('\n')
  const key = [day, region, 's3', 'aws4_request'].reduce(
    (from: string | Buffer, part) => hmac(from, part),
    `AWS4${KEY.secret}`,
  )
  return hmac(key, toSign).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch'
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}
