import type { SyntaxNode, Tree } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'

export interface Selector {
  readonly metric: string
  /** Labels that are matched. */
  readonly labels: readonly string[]
}

export interface Grouping {
  readonly keeps: boolean
  readonly labels: readonly string[]
  /** The metrics whose series are grouped. */
  readonly metrics: readonly string[]
}

export interface Reading {
  readonly selectors: readonly Selector[]
  readonly groupings: readonly Grouping[]
  readonly isValid: boolean
}

/** What a PromQL expression names, read by the grammar that Prometheus' own editor uses. */
export function readPromql(expression: string): Reading {
  const tree: Tree = parser.parse(expression)
  const textOf = ({ from, to }: { from: number; to: number }) => expression.slice(from, to)
  const found = (within: SyntaxNode, name: string): SyntaxNode[] => {
    const nodes: SyntaxNode[] = []
    within.cursor().iterate((node) => {
      if (node.name === name) nodes.push(node.node)
    })
    return nodes
  }
  const labelsIn = (node: SyntaxNode) => found(node, 'LabelName').map(textOf)
  const metricOf = (selector: SyntaxNode) => {
    const name = selector.getChild('Identifier')
    return name ? textOf(name) : ''
  }
  const metricsIn = (node: SyntaxNode) => found(node, 'VectorSelector').map(metricOf)
  const top = tree.topNode
  const grouped = (modifier: string): Grouping[] =>
    found(top, modifier).map((node) => ({
      keeps: found(node, 'Without').length === 0 && found(node, 'Ignoring').length === 0,
      labels: labelsIn(node),
      metrics: node.parent ? metricsIn(node.parent) : [],
    }))
  return {
    selectors: found(top, 'VectorSelector').map((node) => ({
      metric: metricOf(node),
      labels: labelsIn(node),
    })),
    groupings: [...grouped('AggregateModifier'), ...grouped('MatchingModifierClause')],
    isValid: found(top, '⚠').length === 0,
  }
}
