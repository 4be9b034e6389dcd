// What holds in a group: how much history newcomers may get, when keys change, and which role may do what.

import type { Group, GroupPermission, GroupRole } from '../../../shared/model.ts'
import { request } from '../../store/ask.ts'
import { roleWord } from '../../text/event-words.ts'
import { say } from '../../text/say.ts'
import type { SentenceKey } from '../../text/sentences.ts'
import css from './group.module.css'

const DAY = 86_400_000

const permissionWords: Record<GroupPermission, SentenceKey> = {
  send: 'group.may.send',
  invite: 'group.may.invite',
  approve: 'group.may.approve',
  remove: 'group.may.remove',
  ban: 'group.may.ban',
  mute: 'group.may.mute',
  recall: 'group.may.recall',
  details: 'group.may.details',
  'set-role': 'group.may.set-role',
  policies: 'group.may.policies',
}

export function PoliciesCard({ group }: { group: Group }) {
  const { conversation, policies, permissions } = group
  const canSet = group.may.includes('policies')
  const isOwner = group.summary.role === 'owner'
  const kept = policies.history.kind === 'days' ? String(policies.history.days) : policies.history.kind
  return (
    <details className={css.section}>
      <summary className={css.title}>{say('group.policies')}</summary>
      <label className={css.line}>
        {say('group.historyPolicy')}
        <select
          className={css.select}
          disabled={!canSet}
          value={kept}
          onChange={(event) => setHistory(event.target.value)}
        >
          <option value="none">{say('group.historyPolicy.none')}</option>
          {[...new Set(['7', '30', '365', ...(policies.history.kind === 'days' ? [kept] : [])])].map((days) => (
            <option key={days} value={days}>
              {say('group.historyPolicy.days', { days: Number(days) })}
            </option>
          ))}
          <option value="all">{say('group.historyPolicy.all')}</option>
        </select>
      </label>
      <label className={css.line}>
        {say('group.rotationTime')}
        <select
          className={css.select}
          disabled={!canSet}
          value={policies.rotationTime}
          onChange={(event) =>
            request('setGroupPolicies', { conversation, policies: { rotationTime: Number(event.target.value) } })
          }
        >
          {[...new Set([DAY, 7 * DAY, 30 * DAY, policies.rotationTime])].map((time) => (
            <option key={time} value={time}>
              {say('group.days', { count: Math.max(1, Math.round(time / DAY)) })}
            </option>
          ))}
        </select>
      </label>
      <label className={css.line}>
        {say('group.rotationMessages')}
        <select
          className={css.select}
          disabled={!canSet}
          value={policies.rotationMessages}
          onChange={(event) =>
            request('setGroupPolicies', { conversation, policies: { rotationMessages: Number(event.target.value) } })
          }
        >
          {[...new Set([10, 100, 1000, policies.rotationMessages])].map((count) => (
            <option key={count} value={count}>
              {count}
            </option>
          ))}
        </select>
      </label>
      <h4 className={css.title}>{say('group.permissions')}</h4>
      {(Object.keys(permissionWords) as GroupPermission[]).map((permission) => (
        <label key={permission} className={css.line}>
          {say(permissionWords[permission])}
          <select
            className={css.select}
            disabled={!isOwner}
            value={permissions[permission]}
            onChange={(event) =>
              request('setGroupPermissions', {
                conversation,
                permissions: { [permission]: event.target.value as GroupRole },
              })
            }
          >
            {(['member', 'admin', 'owner'] as const).map((role) => (
              <option key={role} value={role}>
                {say(roleWord(role))}
              </option>
            ))}
          </select>
        </label>
      ))}
    </details>
  )

  function setHistory(value: string) {
    const history =
      value === 'none' || value === 'all'
        ? { kind: value as 'none' | 'all' }
        : { kind: 'days' as const, days: Number(value) }
    request('setGroupPolicies', { conversation, policies: { history } })
  }
}
