// The measurement of turns (bench/requests.ts) asks every route that the program lists, as a stranger and as every role: a
// route that it leaves out has its name here. What the bench measures is time, and no test does.
import { expect, it } from 'vitest'
import { targetsOf } from '../../bench/hostile-requests.ts'
import { roles } from '../../src/domain/access.ts'
import { webPages } from '../../src/web/pages.tsx'
import { apiRoutes, documentOf, facesOf, pageRoutes } from '../support/all-routes.ts'
import { openTestApp } from '../support/open-test-app.ts'

it('F1: every route is in the measurement of turns, asked by a stranger and by every role', async () => {
  const test = await openTestApp()
  const callers = Object.fromEntries(roles.map((role) => [role, { key: 'k', cookie: 'c', csrf: 't' }]))
  const pages = webPages({ ...facesOf(test.app), describeApi: () => ({}) }).routes
  const measured = targetsOf({ callers, document: documentOf(test), pages }).map(
    ({ role, method, path }) => `${role} ${method} ${path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`,
  )
  const routes = [...apiRoutes(test), ...pageRoutes(test), { method: 'GET', path: '/healthz' }]
  const wanted = routes.flatMap(({ method, path }) => ['stranger', ...roles].map((role) => `${role} ${method} ${path}`))
  expect(wanted.filter((route) => !measured.includes(route))).toEqual([])
})
