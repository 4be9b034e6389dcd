// For crash tests: ends the process, as a power cut would, when it reaches a named point for the n-th time.

/** From `SOTTO_FAILPOINT=name:n`. Undefined without it: then there are no points. Throws if it makes no sense. */
export function failpointFrom(env: NodeJS.ProcessEnv): ((point: string) => void) | undefined {
  const setting = env.SOTTO_FAILPOINT
  if (!setting) return undefined
  const [, name, count] = /^([\w.-]+):([1-9]\d{0,8})$/.exec(setting) ?? []
  if (name === undefined) throw new Error('SOTTO_FAILPOINT is name:n')
  let left = Number(count)
  return (point) => {
    if (point === name && --left === 0) process.kill(process.pid, 'SIGKILL')
  }
}
