// Numbers for Prometheus, in its text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/

type Labels = Readonly<Record<string, string>>

export interface Registry {
  /** Something that only grows. Returns how to count; label values have to be from closed lists. */
  counter(name: string, help: string): (labels?: Labels, by?: number) => void
  /** Something that is asked for when it is shown. */
  gauge(name: string, help: string, read: () => number): void
  /** How values spread, counted up to each bound. Returns how to note one. */
  histogram(name: string, help: string, bounds: readonly number[]): (value: number) => void
  text(): string
}

export function createRegistry(): Registry {
  const metrics: (() => string[])[] = []

  function add(name: string, type: string, help: string, samples: () => string[]): void {
    metrics.push(() => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples()])
  }

  return {
    counter: (name, help) => {
      const counts = new Map<string, number>()
      add(name, 'counter', help, () => [...counts].map(([labels, count]) => `${name}${labels} ${count}`))
      return (labels = {}, by = 1) => {
        const key = written(labels)
        counts.set(key, (counts.get(key) ?? 0) + by)
      }
    },
    gauge: (name, help, read) => add(name, 'gauge', help, () => [`${name} ${read()}`]),
    histogram: (name, help, bounds) => {
      const counts = bounds.map(() => 0)
      let count = 0
      let sum = 0
      add(name, 'histogram', help, () => [
        ...bounds.map((bound, index) => `${name}_bucket${written({ le: String(bound) })} ${counts[index]}`),
        `${name}_bucket${written({ le: '+Inf' })} ${count}`,
        `${name}_sum ${sum}`,
        `${name}_count ${count}`,
      ])
      return (value) => {
        count += 1
        sum += value
        for (const [index, bound] of bounds.entries()) if (value <= bound) counts[index] = (counts[index] ?? 0) + 1
      }
    },
    text: () => `${metrics.flatMap((lines) => lines()).join('\n')}\n`,
  }
}

function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
