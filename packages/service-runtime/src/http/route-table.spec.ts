import { expect, it } from 'vitest'
import { createRouteTable } from './route-table.ts'

const table = createRouteTable()
table.add('/v1/things', ['GET', 'HEAD'])
table.add('/v1/things', 'POST')
table.add('/v1/things/:id', 'DELETE')
table.add('/v1/things/special', 'GET')
table.add('/files/*', 'GET')
table.add('/a.b', 'GET')

it.each([
  ['/v1/things', ['GET', 'HEAD', 'POST']],
  ['/v1/things/17', ['DELETE']],
  ['/v1/things/special', ['DELETE', 'GET']],
  ['/v1/things/17/parts', []],
  ['/files/a/b', ['GET']],
  ['/aXb', []],
  ['/v1', []],
])('%s takes %j', (path, methods) => {
  expect(table.methodsOf(path)).toEqual(methods)
})
