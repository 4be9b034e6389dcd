// What another own device has said of a conversation before it is here.

import { expect, test } from 'vitest'
import { beginConversation } from '../../../src/engine/devices/of-conversations.ts'
import { findConversation } from '../../../src/engine/storage/conversations.ts'
import { migrate } from '../../../src/engine/storage/migrate.ts'
import { migrations } from '../../../src/engine/storage/migrations.ts'
import { writeOwnRecord } from '../../../src/engine/storage/own-records.ts'
import { ConversationId, DeviceId, Instant } from '../../../src/shared/ids.ts'
import { openSql } from '../open-sql.ts'

test('[P92] what can be read of it holds, and what cannot does not keep the conversation away', () => {
  const sql = openSql()
  migrate(sql, migrations)
  const id = ConversationId.parse('group:3f0c8a2e-6a53-4c55-9a31-0f6a7c1d2b01')
  const said = { at: Instant.parse(1), device: DeviceId.parse(2) }
  writeOwnRecord(sql, { key: `pinned/${id}`, value: 'true', ...said })
  writeOwnRecord(sql, { key: `muted/${id}`, value: '{no JSON', ...said })
  writeOwnRecord(sql, { key: `draft/${id}`, value: '7', ...said })
  beginConversation(sql, { id, kind: 'group', account: null, state: 'open', last_at: Instant.parse(0) })
  expect(findConversation(sql, id)).toMatchObject({ pinned: 1, muted_until: null, draft: '' })
})
