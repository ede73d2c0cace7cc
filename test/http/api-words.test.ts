// Hints of the API: for programs, which have operations and no command line.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { AppError, isErrorCode } from '../../src/domain/errors.ts'
import { hintOf } from '../../src/http/api-words.ts'
import { problemOf } from '../../src/http/problem.ts'
import { documentOf } from '../support/all-routes.ts'
import { serveApi } from '../support/api-client.ts'

const errorCodes = [...readFileSync('src/domain/errors.ts', 'utf8').matchAll(/'([a-z_.]+)'/g)]
  .map(([, word = '']) => word)
  .filter(isErrorCode)
const commands = /herald [a-z]|--[a-z]/

it('speak of no command, whatever was refused', () => {
  expect(errorCodes.length).toBeGreaterThan(100)
  for (const code of errorCodes.filter((one) => one !== 'db.held'))
    for (const hint of ['See herald imports list.', 'Look at it. Then --force.', 'Confirm it (`--even-if-nobody`).'])
      expect(problemOf(new AppError(code, 'no', { hint })).body.hint ?? '', code).not.toMatch(commands)
})

it('keep what they say beside the command', () => {
  const hint = 'Check lists and filter. To launch it anyway, confirm it (`--even-if-nobody`).'
  expect(hintOf({ code: 'campaign.audience_empty', hint })).toBe(
    'Check lists and filter. To launch it anyway, send `evenIfNobody`.',
  )
  expect(hintOf({ code: 'name.unknown' as never, hint: 'Did you mean "x"?' })).toBe('Did you mean "x"?')
})

it('name only operations and fields that there are', async () => {
  const document = documentOf(await serveApi())
  const paths = Object.keys(document.paths)
  const source = readFileSync('src/http/api-words.ts', 'utf8')
  const named = [...source.matchAll(/(?:GET|POST) (\/[\w/{}.-]+[\w}])/g)].map(([, path = '']) => path)
  expect(named.length).toBeGreaterThan(8)
  for (const path of named.filter((one) => one !== '/openapi.json')) expect(paths, path).toContain(path)
  const fields = [...source.matchAll(/`([a-z]\w+)`/gi)].map(([, field = '']) => field)
  expect(fields.length).toBeGreaterThan(8)
  for (const field of fields) expect(JSON.stringify(document), field).toContain(`"${field}":`)
})

it('are what a caller gets', async () => {
  const { api } = await serveApi()
  expect((await api('/imports/imp_9')).body).toMatchObject({
    code: 'import.not_found',
    hint: 'GET /imports lists them.',
  })
})
