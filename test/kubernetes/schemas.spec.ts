import { describe, expect, it } from 'vitest'
import { applied, forgotten, kustomizations, type Manifest, manifests } from './manifests.ts'
import { refusals } from './schemas.ts'

const names = manifests.map(({ kind, metadata, file }) => ({ what: `${kind} ${metadata.name}`, file }))

describe('the manifests of infra/kubernetes', () => {
  it.each(manifests.map(({ file, ...manifest }) => [manifest.kind, manifest.metadata.name, file, manifest]))(
    'the schema of %s takes %s (%s)',
    (_kind, _name, _file, manifest) => {
      expect(refusals(manifest as Manifest)).toEqual([])
    },
  )

  it('are all taken in by a kustomization', () => {
    expect(applied.length).toBeGreaterThan(0)
    expect(forgotten).toEqual([])
  })

  it('are each there once', () => {
    expect(names.filter(({ what }, index) => names.findIndex((one) => one.what === what) !== index)).toEqual(
      [],
    )
  })

  it('all go into one namespace', () => {
    const outside = kustomizations.filter(({ folder, namespace, resources }) => {
      const isPart = kustomizations.some(
        (other) =>
          other.namespace === 'evergrant' &&
          other.resources?.some((resource) => `${other.folder}/${resource}` === folder),
      )
      const isFile = !folder.startsWith('infra/kubernetes')
      return namespace !== 'evergrant' && !isPart && !isFile && resources !== undefined
    })
    expect(outside).toEqual([])
  })
})

describe('the schemas', () => {
  const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'x' } }

  it('refuse a wrong type and a field that does not exist', () => {
    const [wrong] = refusals({ ...budget, spec: { selector: { matchLabels: 'all' } } } as Manifest)
    expect(wrong).toContain('matchLabels')
    const unknown = refusals({ ...budget, spec: { maxUnavailabel: 1, selector: {} } } as Manifest)
    expect(unknown).toEqual(['unknown field spec.maxUnavailabel'])
  })

  it('do not pass what they do not know', () => {
    expect(refusals({ ...budget, kind: 'Pdb' })).toEqual(['nothing knows policy/v1 Pdb'])
  })
})
