// Proposes a username while a person types their name.

/** Letters lose their accents; what is left between them becomes a dot. May be empty or too short: it is a proposal. */
export function usernameFrom(name: string): string {
  return name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '.')
    .replace(/^[^a-z]+/, '')
    .slice(0, 32)
    .replace(/\.+$/, '')
}
