// Who reads what, in the plainest words: whoever is in the group reads all that was said since they came, and if they were
// let in with all of its history, what was said before. Whoever has gone keeps what they had been given. No epochs, no keys.

export type Name = 'alice' | 'bob' | 'carol' | 'dave'
export const NAMES: readonly Name[] = ['alice', 'bob', 'carol', 'dave']

export interface Reference {
  isIn(name: Name): boolean
  joins(name: Name, withHistory: boolean): void
  goes(name: Name): void
  says(text: string): void
  /** What they read for certain. Sorted. */
  reads(name: Name): string[]
  /** Nothing else. */
  mayRead(name: Name, text: string): boolean
}

export function createReference(owner: Name): Reference {
  const said: string[] = []
  const members = new Map<Name, Set<string>>([[owner, new Set()]])
  /** While they were in: it may not have come before they went. */
  const had = new Map<Name, Set<string>>()
  const hadBy = (name: Name) => had.get(name) ?? new Set()
  return {
    isIn: (name) => members.has(name),
    joins: (name, withHistory) => void members.set(name, new Set(withHistory ? said : [])),
    goes(name) {
      had.set(name, new Set([...hadBy(name), ...(members.get(name) ?? [])]))
      members.delete(name)
    },
    says(text) {
      said.push(text)
      for (const read of members.values()) read.add(text)
    },
    reads: (name) => [...(members.get(name) ?? [])].toSorted(),
    mayRead: (name, text) => (members.get(name)?.has(text) ?? false) || hadBy(name).has(text),
  }
}
