import { connect } from 'node:net'
import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import { startNatsServer, startPostgresServer, useDatabase, useNats } from '../testing.ts'
import { withClient } from './shared-servers.ts'

describe('a cloned database', () => {
  const database = useDatabase({
    template: {
      name: 'test_kit',
      migrate: (url) => withClient(url, (client) => client.query('create table things (id int)')),
    },
  })

  it('has what the template had', async () => {
    const { rowCount } = await withClient(database.url, (client) => client.query('select * from things'))
    expect(rowCount).toBe(0)
  })

  it('gives a service nothing that was not granted', async () => {
    const reading = withClient(database.serviceUrl, (client) => client.query('select * from things'))
    await expect(reading).rejects.toMatchObject({ code: '42501' })
  })
})

describe('the shared nats-server', () => {
  const nats = useNats()

  it('answers', async () => {
    const { hostname, port } = new URL(nats.url)
    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname)
      socket.once('error', reject)
      socket.once('data', (chunk) => {
        resolve(chunk.toString())
        socket.destroy()
      })
    })
    expect(said).toMatch(/^INFO .*"jetstream":true/)
  })
})

describe('a server of its own', () => {
  it('keeps its data and its port over a SIGKILL', async () => {
    const server = await startPostgresServer()
    try {
      await withClient(server.url, (client) => client.query('create table kept as select 1 as one'))
      const before = server.pid
      await server.kill('SIGKILL')
      await expect(new Client({ connectionString: server.url }).connect()).rejects.toThrow()
      await server.restart()
      expect(server.pid).not.toBe(before)
      const { rows } = await withClient(server.url, (client) => client.query('select one from kept'))
      expect(rows).toEqual([{ one: 1 }])
    } finally {
      await server.stop()
    }
  })

  it('forgets its data when asked to', async () => {
    const server = await startPostgresServer()
    try {
      await withClient(server.url, (client) => client.query('create table lost as select 1 as one'))
      await server.restart({ fresh: true })
      const reading = withClient(server.url, (client) => client.query('select one from lost'))
      await expect(reading).rejects.toMatchObject({ code: '42P01' })
    } finally {
      await server.stop()
    }
  })

  it('is a nats-server that comes back on its port', async () => {
    const server = await startNatsServer()
    try {
      await server.kill()
      await server.restart()
      const health = await fetch(`${server.monitorUrl}/healthz`)
      expect(health.status).toBe(200)
    } finally {
      await server.stop()
    }
  })
})
