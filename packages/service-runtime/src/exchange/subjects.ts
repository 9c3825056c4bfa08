import type { Context } from '@evergrant/event-contracts'

/** The service that owns a context: its `ce-source`, its durable consumers' name and its wake-up subject. */
export const serviceOf = (context: Context): string => `${context}-service`

export const streamOf = (context: Context) => ({
  name: context.toUpperCase(),
  subjects: [`evergrant.${context}.*.v1`],
})

/** The streams of the contexts are named after them. */
export const contextOfStream = (stream: string): string => stream.toLowerCase()

export const contextOfSource = (source: string): string => source.replace(/-service$/, '')
export const sourceOfContext = (context: string): string => `${context}-service`

/** NATS core subjects: lost when nobody listens, which costs time and never an event. */
export const wakeSubject = (service: string): string => `evergrant.wake.${service}`
export const digestSubject = (context: string): string => `evergrant.digest.${context}`
export const repairSubject = (context: string): string => `evergrant.repair.${context}`
