// Numbers for Prometheus, in its text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/

type Labels = Readonly<Record<string, string>>

export interface Counter {
  (labels?: Labels, by?: number): void
  /** How to count what has these labels: for what is counted with every message. */
  of(labels: Labels): (by?: number) => void
}

export interface Registry {
  /** Something that only grows. Label values have to be from closed lists. */
  counter(name: string, help: string): Counter
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
      const counts = new Map<string, { labels: Labels; count: number }>()
      const samples = () => [...counts.values()].map(({ labels, count }) => `${name}${written(labels)} ${count}`)
      add(name, 'counter', help, samples)
      const entryOf = (labels: Labels) => {
        const key = written(labels)
        const entry = counts.get(key) ?? { labels, count: 0 }
        counts.set(key, entry)
        return entry
      }
      const count = (labels: Labels = {}, by = 1) => {
        entryOf(labels).count += by
      }
      return Object.assign(count, {
        of: (labels: Labels) => {
          const entry = entryOf(labels)
          return (by = 1) => {
            entry.count += by
          }
        },
      })
    },
    gauge: (name, help, read) => add(name, 'gauge', help, () => [`${name} ${read()}`]),
    histogram: (name, help, bounds) => {
      const counts = bounds.map(() => 0)
      let count = 0
      let sum = 0
      add(name, 'histogram', help, () => [
        ...bounds.map((bound, index) => {
          const upTo = counts.slice(0, index + 1).reduce((total, each) => total + each, 0)
          return `${name}_bucket${written({ le: String(bound) })} ${upTo}`
        }),
        `${name}_bucket${written({ le: '+Inf' })} ${count}`,
        `${name}_sum ${sum}`,
        `${name}_count ${count}`,
      ])
      return (value) => {
        count += 1
        sum += value
        const bucket = bounds.findIndex((bound) => value <= bound)
        if (bucket >= 0) counts[bucket] = (counts[bucket] ?? 0) + 1
      }
    },
    text: () => `${metrics.flatMap((lines) => lines()).join('\n')}\n`,
  }
}

function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
