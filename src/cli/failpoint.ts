// Failpoints: the process kills itself at a named point, so that tests see what is left. Only where the environment asks.

/** `name:n`: at the n-th time that point is reached. Undefined when none is asked for; throws a RangeError for nonsense. */
export function readFailpoint(asked: string | undefined): ((point: string) => void) | undefined {
  if (asked === undefined) return undefined
  const [, name, count] = /^(.+):([1-9]\d*)$/.exec(asked) ?? []
  if (name === undefined) throw new RangeError('SOTTO_FAILPOINT is name:n')
  let left = Number(count)
  return (point) => {
    if (point === name && --left === 0) process.kill(process.pid, 'SIGKILL')
  }
}
