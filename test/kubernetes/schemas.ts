import { Cluster } from '@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1'
import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1'
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1'
import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1'
import { Job } from 'kubernetes-models/batch/v1'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Namespace, Service, ServiceAccount } from 'kubernetes-models/v1'
import type { Manifest } from './manifests.ts'

const models: Readonly<Record<string, { readonly prototype: { validate(): void } }>> = {
  'apps/v1/Deployment': Deployment,
  'apps/v1/StatefulSet': StatefulSet,
  'batch/v1/Job': Job,
  'gateway.networking.k8s.io/v1/HTTPRoute': HTTPRoute,
  'keda.sh/v1alpha1/ScaledObject': ScaledObject,
  'monitoring.coreos.com/v1/PodMonitor': PodMonitor,
  'networking.k8s.io/v1/NetworkPolicy': NetworkPolicy,
  'policy/v1/PodDisruptionBudget': PodDisruptionBudget,
  'postgresql.cnpg.io/v1/Cluster': Cluster,
  'v1/ConfigMap': ConfigMap,
  'v1/Namespace': Namespace,
  'v1/Service': Service,
  'v1/ServiceAccount': ServiceAccount,
}

/** What the API server would refuse: wrong types and values by the schema, and fields that no schema knows. The generated
 * validators let unknown fields pass, but they read every field they know: what was never read is unknown. */
export function refusals(manifest: Manifest): string[] {
  const { apiVersion, kind } = manifest
  const model = models[`${apiVersion}/${kind}`]
  if (model === undefined) return [`nothing knows ${apiVersion} ${kind}`]
  const unread = new Set<string>()
  try {
    // Not on an instance: making one reads everything.
    model.prototype.validate.call(watched(manifest, '', unread))
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
  return [...unread].map((path) => `unknown field ${path}`)
}

function watched(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item, index) => watched(item, `${path}[${index}]`, unread))
  const copy: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    const where = path === '' ? key : `${path}.${key}`
    const given = watched(inner, where, unread)
    unread.add(where)
    Object.defineProperty(copy, key, {
      enumerable: true,
      get: () => {
        unread.delete(where)
        return given
      },
    })
  }
  return copy
}
