import { describe, expect, it } from 'vitest'
import { useTokenWorld } from './testing.ts'

/** As if the process had died there: nothing after this point happens. */
function dieAt(point: string) {
  return (name: string) => {
    if (name === point) throw new Error('the process died')
  }
}

const wish = { minValiditySeconds: 600 }

describe.each([
  { point: 'after_started', spent: 1, told: 'before Google was asked' },
  { point: 'after_answer', spent: 2, told: 'after Google answered and before the commit' },
])('a process that dies $told', ({ point, spent }) => {
  const world = useTokenWorld()

  it('leaves a refresh in doubt that another replica finishes when the lease is over', async () => {
    const dying = await world.start({ crashPoint: dieAt(point), leaseMs: 1_500 })
    const user = await world.issue({ expiresInSeconds: 20 })
    await world.connection(dying, user)
    expect((await world.vend(dying, user, wish)).status).toBe(500)
    await dying.stop()

    const heir = await world.start()
    const { status, body } = await world.vend(heir, user, wish)
    expect(status).toBe(200)
    expect(body.generation).toBe(2)
    expect(world.refreshCalls()).toHaveLength(spent)
    const history = await world.call(heir, `/v1/connections/${user.connectionId()}/history`, {
      sub: user.user,
    })
    expect(history.body.items).toContainEqual(
      expect.objectContaining({
        type: 'RefreshFailed',
        detail: expect.objectContaining({ failureClass: 'in_doubt' }),
      }),
    )
  })

  it('resumes at once under its own name, without waiting for the lease', async () => {
    const dying = await world.start({ crashPoint: dieAt(point), instanceId: `replica-${point}` })
    const user = await world.issue({ expiresInSeconds: 20 })
    await world.connection(dying, user)
    expect((await world.vend(dying, user, wish)).status).toBe(500)
    await dying.stop()

    const reborn = await world.start({ instanceId: `replica-${point}` })
    await world.connection(reborn, user, { is: { generation: 2, status: 'active' } })
  })
})
