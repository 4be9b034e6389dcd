// Who reads what, in the plainest words: whoever is in the group reads all that was said since they came, and if they were
// let in with all of its history, what was said before. Whoever has gone keeps what they had been given. Each device of
// theirs reads what they read; one that was taken off keeps what it had. No epochs, no keys, no policy of encryption.

export type Name = 'alice' | 'bob' | 'carol' | 'dave'
export const NAMES: readonly Name[] = ['alice', 'bob', 'carol', 'dave']

/** A device: the first one is called as its person. */
export type Seat = Name | `${Name} laptop` | `${Name} tablet`
export const FURTHER = ['laptop', 'tablet'] as const
export const SEATS: readonly Seat[] = NAMES.flatMap((name): Seat[] => [name, `${name} laptop`, `${name} tablet`])

export function nameOf(seat: Seat): Name {
  return seat.split(' ')[0] as Name
}

export interface Reference {
  isIn(name: Name): boolean
  joins(name: Name, withHistory: boolean): void
  goes(name: Name): void
  says(text: string): void
  /** From here on it is a device of its person, who may add it once. */
  adds(seat: Seat): void
  takesOff(seat: Seat): void
  isOn(seat: Seat): boolean
  /** What is read there for certain. Sorted. */
  reads(seat: Seat): string[]
  /** Nothing else. */
  mayRead(seat: Seat, text: string): boolean
}

export function createReference(owner: Name): Reference {
  const said: string[] = []
  const members = new Map<Name, Set<string>>([[owner, new Set()]])
  /** While they were in: it may not have come before they went. */
  const had = new Map<Name, Set<string>>()
  const hadBy = (name: Name) => had.get(name) ?? new Set()
  const on = new Set<Seat>(NAMES)
  const takenOff = new Map<Seat, Set<string>>()
  const mayKnow = (name: Name) => new Set([...hadBy(name), ...(members.get(name) ?? [])])
  return {
    isIn: (name) => members.has(name),
    joins: (name, withHistory) => void members.set(name, new Set(withHistory ? said : [])),
    goes(name) {
      had.set(name, mayKnow(name))
      members.delete(name)
    },
    says(text) {
      said.push(text)
      for (const read of members.values()) read.add(text)
    },
    adds: (seat) => void on.add(seat),
    takesOff(seat) {
      takenOff.set(seat, mayKnow(nameOf(seat)))
      on.delete(seat)
    },
    isOn: (seat) => on.has(seat),
    reads: (seat) => (on.has(seat) ? [...(members.get(nameOf(seat)) ?? [])].toSorted() : []),
    mayRead: (seat, text) => (on.has(seat) ? mayKnow(nameOf(seat)) : takenOff.get(seat))?.has(text) ?? false,
  }
}
