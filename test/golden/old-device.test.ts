// Devices of version 1, byte for byte as they spoke then, with the relay of today.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { decodeClientFrame, decodeRelayFrame } from '../../src/protocol/frames.ts'
import { temporaryFolder } from '../relay/open.ts'
import { openFixedRelay } from './fixed-relay.ts'
import { FRAMES_V1, type RecordedConversation, type RecordedStep } from './golden.ts'
import { replay } from './replay.ts'

const recorded: RecordedConversation = JSON.parse(readFileSync(join(FRAMES_V1, 'conversation.json'), 'utf8'))

async function replayed(steps: readonly RecordedStep[], alter?: (bytes: Buffer) => Uint8Array) {
  const relay = await openFixedRelay(temporaryFolder(), recorded)
  onTestFinished(relay.close)
  return replay(relay.url, steps, alter)
}

test('the recording has all that a device of version 1 does', () => {
  const said = recorded.steps.flatMap((step) =>
    'says' in step ? [decodeClientFrame(Buffer.from(step.says, 'base64'))?.body.case] : [],
  )
  const heard = recorded.steps.flatMap((step) =>
    'hears' in step ? [decodeRelayFrame(Buffer.from(step.hears, 'base64'))?.body.case] : [],
  )
  const everything = [
    'hello',
    'register',
    'authenticate',
    'announceKeys',
    'uploadKeys',
    'lookUp',
    'fetchKeys',
    'submit',
  ]
  const pushes = ['deliver', 'caughtUp', 'keysDepleted', 'goodbye']
  expect(said).toEqual(expect.arrayContaining([...everything, 'acknowledge', 'showHoldings', 'prepareUpload']))
  expect(heard).toEqual(expect.arrayContaining([...pushes, 'welcome', 'keyBundles', 'staleDevices', 'refused']))
})

test('[P4][P5] are served as they were then; what is new comes beside it', async () => {
  const exchanged = await replayed(recorded.steps)
  expect(exchanged.length).toBeGreaterThan(20)
  for (const { recorded, heard } of exchanged) expect(heard).toMatchObject(recorded as object)
})

test('[P4][F5] are served as well with fields in every frame that no relay knows yet', async () => {
  // Field 999, three bytes.
  const unknown = Buffer.from('ba3e03010203', 'hex')
  const exchanged = await replayed(recorded.steps, (bytes) => Buffer.concat([bytes, unknown]))
  for (const { recorded, heard } of exchanged) expect(heard).toMatchObject(recorded as object)
})

test('a recording that is not what it was is noticed', async () => {
  const untilWelcome = recorded.steps.slice(0, recorded.steps.findIndex((step) => 'hears' in step) + 1)
  const last = untilWelcome.at(-1)
  if (last === undefined || !('hears' in last)) throw new Error('no welcome')
  const another = Buffer.from(last.hears, 'base64')
  another[another.lastIndexOf(recorded.chance)] = 0
  const [exchanged] = await replayed([...untilWelcome.slice(0, -1), { ...last, hears: another.toString('base64') }])
  expect(exchanged?.heard).not.toMatchObject(exchanged?.recorded as object)
})
