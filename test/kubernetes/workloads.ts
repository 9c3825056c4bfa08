import type { IDeployment, IStatefulSet } from 'kubernetes-models/apps/v1'
import type { IJob } from 'kubernetes-models/batch/v1'
import type { IContainer, IPodSpec } from 'kubernetes-models/v1'
import { ofKind } from './manifests.ts'

export interface Workload {
  readonly kind: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly pod: IPodSpec
  readonly container: IContainer
}

export const deployments = ofKind<IDeployment>('Deployment')

/** Everything of ours that becomes pods; each of them has one container. */
export const workloads: readonly Workload[] = [
  ...deployments,
  ...ofKind<IStatefulSet>('StatefulSet'),
  ...ofKind<IJob>('Job'),
].map(({ kind, metadata, spec }) => {
  const pod = spec?.template?.spec
  const container = pod?.containers[0]
  if (pod === undefined || container === undefined) throw new Error(`${metadata.name} has no container.`)
  return { kind, name: metadata.name, labels: spec?.template?.metadata?.labels ?? {}, pod, container }
})

/** What goes on: Deployments and StatefulSets. */
export const running = workloads.filter(({ kind }) => kind !== 'Job')
export const services = workloads.filter(({ kind }) => kind === 'Deployment')

/** @throws when there is none of that name. */
export function workload(name: string): Workload {
  const found = workloads.find((one) => one.name === name)
  if (found === undefined) throw new Error(`There is no workload ${name}.`)
  return found
}

/** Whether a selector of labels alone takes this pod. */
export function selects(
  selector: { matchLabels?: Record<string, string> } | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  const wanted = Object.entries(selector?.matchLabels ?? {})
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
}
