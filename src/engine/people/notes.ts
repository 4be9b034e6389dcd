// What is kept about people, on one's own devices, and told to nobody else [P171].

import { type Answer, answer, refuse } from '../../shared/answer.ts'
import type { ParsedInput } from '../../shared/api.ts'
import { type AccountId, personConversation } from '../../shared/ids.ts'
import type { Person } from '../../shared/model.ts'
import { showPerson, showPersonRow } from '../conversations/show.ts'
import { announce } from '../devices/tell.ts'
import type { Live } from '../live.ts'
import * as people from '../storage/people.ts'
import { Touched } from '../touched.ts'

export async function listPeople(live: Live, { which }: ParsedInput<'listPeople'>): Promise<Answer<Person[]>> {
  const { sql } = live.ports
  const found = people.peopleWho(sql, which).filter(({ account }) => account !== live.own.account)
  return answer(
    found
      .map((row) => showPersonRow(sql, row))
      .sort((a, b) => a.name.localeCompare(b.name) || a.account.localeCompare(b.account)),
  )
}

export async function setNickname(
  live: Live,
  { account, nickname }: ParsedInput<'setNickname'>,
): Promise<Answer<Person>> {
  return keep(live, account, (touched) => {
    people.setNickname(live.ports.sql, account, nickname)
    touched.renamed(account)
    announce({ ...live.ports, own: live.own }, `nickname/${account}`, nickname)
  })
}

export async function setNote(live: Live, { account, note }: ParsedInput<'setNote'>): Promise<Answer<Person>> {
  return keep(live, account, () => {
    people.setNote(live.ports.sql, account, note)
    announce({ ...live.ports, own: live.own }, `note/${account}`, note)
  })
}

function keep(live: Live, account: AccountId, write: (touched: Touched) => void): Answer<Person> {
  const { sql } = live.ports
  if (account === live.own.account || people.findPersonRow(sql, account) === undefined) return refuse('no-such-person')
  const touched = new Touched()
  sql.transaction(() => write(touched))
  touched.conversation(personConversation(account))
  live.tell(touched)
  live.kickOwn()
  return answer(showPerson(sql, account))
}
