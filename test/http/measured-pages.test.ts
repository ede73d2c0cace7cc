// The measurement of pages (bench/pages.ts) asks every page, every GET of the API and every command that reads: one that it leaves out
// has its name here. What the bench measures is time, and no test does.
import type { Command } from 'commander'
import { expect, it } from 'vitest'
import { leftOutRoutes, measuredCommands, measuredPages, unmeasuredCommands } from '../../bench/measured-pages.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { webPages } from '../../src/web/pages.tsx'
import { apiRoutes, documentOf, facesOf, pageRoutes } from '../support/all-routes.ts'
import { openTestApp } from '../support/open-test-app.ts'

it('F12: every page and every GET of the API is in the measurement of pages, or left out for a reason', async () => {
  const test = await openTestApp()
  const pages = webPages({ ...facesOf(test.app), describeApi: () => ({}) }).routes
  const measured = measuredPages({ document: documentOf(test), pages }, { message: 'msg_1', upload: 'upl_1' })
  const known = new Set([...measured.map(({ route }) => route), ...leftOutRoutes()])
  const routes = [...apiRoutes(test), ...pageRoutes(test)].filter(({ method }) => method === 'GET')
  const paths = routes.map(({ path }) => path)
  expect(paths.filter((path) => !known.has(path))).toEqual([])
  expect([...known].filter((path) => !paths.includes(path))).toEqual([])
  expect(measured.filter(({ path }) => /[{}]/.test(path))).toEqual([])
})

function namesIn(command: Command, path = ''): string[] {
  const within = command.commands as Command[]
  return within.length === 0
    ? [path]
    : within.flatMap((one) => namesIn(one, path === '' ? one.name() : `${path} ${one.name()}`))
}

it('F12: every command is in the measurement of pages, or left out for a reason', async () => {
  const known = [...Object.keys(measuredCommands), ...Object.values(unmeasuredCommands).flat()]
  expect(known.sort()).toEqual(namesIn(await buildProgram()).sort())
})
