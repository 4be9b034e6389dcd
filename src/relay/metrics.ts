// What the relay counts about itself: how much and how fast, never whose. All labels come from closed lists.

import type { RelayBody } from '../protocol/frames.ts'
import { Reason } from '../protocol/generated/relay_pb.ts'
import { createRegistry } from './prometheus.ts'

export interface RelayMetrics {
  connected(): void
  turnedAway(status: number): void
  /** `kind` is the name of a request in relay.proto, or `unknown`; the time since it came in milliseconds. */
  answered(kind: string, answer: RelayBody, milliseconds: number): void
  pushed(envelopes: number): void
  acknowledged(envelopes: number): void
  /** Of streams, counted for each device. */
  pushedItems(items: number): void
  expired(envelopes: number): void
  poisonFound(): void
  /** `method` is an HTTP method in lower case, or `other`. */
  blobAnswered(method: string, status: number): void
  blobReceived(bytes: number): void
  blobSent(bytes: number): void
  blobsExpired(blobs: number): void
  /** As Prometheus reads it. */
  text(): string
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

/** For refusals: `mailbox-full`. */
const REASONS = new Map<number, string>(
  Object.entries(Reason).map(([name, reason]) => [reason, name.toLowerCase().replaceAll('_', '-')]),
)

export function createMetrics(openConnections: () => number): RelayMetrics {
  const registry = createRegistry()
  registry.gauge('sotto_relay_connections', 'Connections that are open.', openConnections)
  const served = registry.counter('sotto_relay_connections_total', 'Connections that were opened.')
  const away = registry.counter('sotto_relay_turned_away_total', 'Connections refused at the door, by HTTP status.')
  const requests = registry.counter('sotto_relay_requests_total', 'Requests answered, by kind and outcome.')
  const seconds = registry.histogram('sotto_relay_request_seconds', 'From a request to its answer.', SECONDS)
  const pushed = registry.counter('sotto_relay_envelopes_pushed_total', 'Envelopes pushed to their devices.')
  const acknowledged = registry.counter('sotto_relay_envelopes_acknowledged_total', 'Positions acknowledged.')
  const expired = registry.counter('sotto_relay_envelopes_expired_total', 'Envelopes nobody fetched in time.')
  const items = registry.counter('sotto_relay_stream_items_pushed_total', 'Items of groups pushed to devices.')
  const poison = registry.counter('sotto_relay_poison_total', 'Envelopes that a device was sent again and again.')
  const blobRequests = registry.counter('sotto_relay_blob_requests_total', 'Requests for blobs, by method and status.')
  const blobReceived = registry.counter('sotto_relay_blob_received_bytes_total', 'Bytes of blobs that came.')
  const blobSent = registry.counter('sotto_relay_blob_sent_bytes_total', 'Bytes of blobs that went.')
  const blobsExpired = registry.counter('sotto_relay_blobs_expired_total', 'Blobs whose time was over.')
  const count = { pushed: pushed.of({}), acknowledged: acknowledged.of({}), items: items.of({}) }
  /** By kind and outcome. */
  const answered = new Map<string, Map<string, () => void>>()

  function countAnswered(kind: string, outcome: string): void {
    const ofKind = answered.get(kind) ?? new Map<string, () => void>()
    const counted = ofKind.get(outcome) ?? requests.of({ request: kind, outcome })
    if (!ofKind.has(outcome)) answered.set(kind, ofKind.set(outcome, counted))
    counted()
  }

  return {
    connected: () => served(),
    turnedAway: (status) => away({ status: String(status) }),
    answered: (kind, answer, milliseconds) => {
      countAnswered(kind, outcomeOf(answer))
      seconds(milliseconds / 1000)
    },
    pushed: count.pushed,
    acknowledged: count.acknowledged,
    expired: (envelopes) => expired({}, envelopes),
    pushedItems: count.items,
    poisonFound: () => poison(),
    blobAnswered: (method, status) => blobRequests({ request: method, status: String(status) }),
    blobReceived: (bytes) => blobReceived({}, bytes),
    blobSent: (bytes) => blobSent({}, bytes),
    blobsExpired: (blobs) => blobsExpired({}, blobs),
    text: registry.text,
  }
}

function outcomeOf(answer: RelayBody): string {
  if (answer.case !== 'refused') return answer.case ?? 'unknown'
  return REASONS.get(answer.value.reason ?? Reason.UNSPECIFIED) ?? 'unknown'
}
