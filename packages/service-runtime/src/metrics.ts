import {
  Counter,
  type CounterConfiguration,
  collectDefaultMetrics,
  Gauge,
  type GaugeConfiguration,
  Histogram,
  type HistogramConfiguration,
  Registry,
} from 'prom-client'

/** The one way to measure; keeps prom-client out of services, so it can be swapped. Never label by user, grant or connection. */
export interface Metrics {
  counter<Label extends string>(config: CounterConfiguration<Label>): Counter<Label>
  gauge<Label extends string>(config: GaugeConfiguration<Label>): Gauge<Label>
  histogram<Label extends string>(config: HistogramConfiguration<Label>): Histogram<Label>
  /** Prometheus text format. */
  text(): Promise<string>
  readonly contentType: string
}

/** Process and event-loop metrics from the start, every series labelled with the service's name. */
export function createMetrics(name: string): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service: name })
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    counter: (config) => new Counter({ ...config, registers }),
    gauge: (config) => new Gauge({ ...config, registers }),
    histogram: (config) => new Histogram({ ...config, registers }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
