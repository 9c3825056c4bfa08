import { type Context, type Publication, publication, schemaContracts } from '@evergrant/event-contracts'
import type { SchemaFact } from './schema-facts.ts'

/** Every schema fact leaves, on the stream of the service it is about. */
export const schemaPublications =
  (context: Context) =>
  (fact: SchemaFact): readonly Publication[] => {
    const contracts = schemaContracts[context]
    const { findings, capabilities } = fact.data
    const told = {
      findings: findings.map((finding) => ({ ...finding, capabilities: [...finding.capabilities] })),
      capabilities: { ...capabilities },
    }
    switch (fact.type) {
      case 'SchemaVerified':
        return [publication(contracts.verified, { ...fact.data, ...told })]
      case 'SchemaDriftDetected':
        return [publication(contracts.driftDetected, { ...fact.data, ...told })]
      case 'SchemaDriftResolved':
        return [publication(contracts.driftResolved, { ...fact.data, ...told })]
    }
  }
