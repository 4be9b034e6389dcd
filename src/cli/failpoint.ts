// Failpoints: the process kills itself at a named point, so that tests see what is left. Only where the environment asks,
// and never in a package: scripts/package/build-cli.ts takes the asking out.

/** From `SOTTO_FAILPOINT=name:n`: at the n-th time that point is reached. Undefined without it. Throws if it makes no sense. */
export function failpointFrom(asked: string | undefined): ((point: string) => void) | undefined {
  if (!asked) return undefined
  const [, name, count] = /^(.+):([1-9]\d{0,8})$/.exec(asked) ?? []
  if (name === undefined) throw new Error('SOTTO_FAILPOINT is name:n')
  let left = Number(count)
  return (point) => {
    if (point === name && --left === 0) process.kill(process.pid, 'SIGKILL')
  }
}
