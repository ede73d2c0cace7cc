// Workbooks over the API and behind the links of pages: the same tables as CSV, asked for by `format` or Accept.
import { readXlsx } from 'hucre/xlsx'
import { describe, expect, it } from 'vitest'
import { addSuppression } from '../../src/engine/contacts/suppressions.ts'
import { XLSX_TYPE } from '../../src/runtime/download.ts'
import { type ApiClient, serveApi } from '../support/api-client.ts'
import { claimAll, launchAndPlan, record } from '../support/claims.ts'
import { until } from '../support/fake-clock.ts'
import { addSandbox, addTestCampaign, importPeople } from '../support/open-test-app.ts'
import { visit } from '../support/visitor.ts'

async function workbook(client: ApiClient, path: string, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${client.keys.admin}`
  const response = await fetch(`${client.base}${path}`, { headers: { authorization, ...headers } })
  const bytes = new Uint8Array(await response.arrayBuffer())
  expect(response.headers.get('content-type')).toBe(XLSX_TYPE)
  return {
    name: response.headers.get('content-disposition'),
    rows: (await readXlsx(bytes)).sheets[0]?.rows ?? [],
  }
}

async function withCampaign(): Promise<ApiClient> {
  const client = await serveApi()
  await importPeople(client, 3)
  await addSandbox(client)
  await addTestCampaign(client)
  await launchAndPlan(client, 'Spring sale')
  await record(client, await claimAll(client))
  return client
}

describe('I15: a workbook over the API', () => {
  it('I15: has a report with counts as numbers, by its name and by what is accepted', async () => {
    const client = await withCampaign()
    const path = '/api/v1/campaigns/cmp_1/report'
    const { name, rows } = await workbook(client, `${path}?format=xlsx`)
    expect(name).toContain('filename="report.xlsx"')
    expect(rows[0]?.slice(0, 4)).toEqual(['run', 'occurrence', 'status', 'audience'])
    expect(rows[1]?.[0]).toBe('run_1')
    expect(rows[1]?.[3]).toBe(3)
    expect((await workbook(client, path, { accept: XLSX_TYPE })).rows).toEqual(rows)
    const csv = await client.api('/campaigns/cmp_1/report?format=csv')
    expect(csv.text.trim().split('\n')).toHaveLength(rows.length)
    const page = await fetch(`${client.base}${path}?format=html`, {
      headers: { authorization: `Bearer ${client.keys.admin}` },
    })
    expect(await page.text()).toContain('<td>run_1</td>')
  })

  it('I15: has messages and suppressions with phones as texts', async () => {
    const client = await withCampaign()
    const messages = await workbook(client, '/api/v1/campaigns/cmp_1/export?format=xlsx&status=accepted')
    expect(messages.rows).toHaveLength(4)
    expect(messages.rows.slice(1).map(([, phone]) => typeof phone)).toEqual(['string', 'string', 'string'])
    await addSuppression(client.ctx, '+12025550199', { evidence: '@SUM(1)' })
    const stopped = await workbook(client, '/api/v1/suppressions/export?format=xlsx')
    expect(stopped.rows[1]).toEqual(['12025550199', 'all', 'blocked', expect.any(String), '@SUM(1)'])
    const csv = await client.api('/suppressions/export?scope=all')
    expect(csv.text).toContain("'@SUM(1)")
  })

  it('I15: has the rejected lines of an import and of a dry run', async () => {
    const client = await serveApi()
    const body = `phone,name\n+12025550101,Ann\n+12025550102,Ann\n+12025550103,Ann\n+12025550104,Ann\n12,"=1+1;=2"\n`
    const headers = { 'content-type': 'text/csv' }
    const { id: upload } = (await client.api('/uploads?fileName=people.csv', { method: 'POST', body, headers })).body
    for (const dryRun of [true, false]) {
      const request = { upload, list: 'spring', dryRun }
      const { body: job } = await client.api('/imports', { method: 'POST', body: request })
      const state = async () => (await client.api(`/imports/jobs/${job.id}`)).body.state
      await until(client.clock, async () => (await state()) !== 'running')
      const path = dryRun ? `/api/v1/imports/jobs/${job.id}/rejects` : '/api/v1/imports/imp_1/rejects'
      const { name, rows } = await workbook(client, `${path}?format=xlsx`)
      expect(name).toContain('people.rejects.xlsx')
      expect(rows).toHaveLength(2)
      expect(rows[0]).toEqual(['phone', 'name', 'herald_line', 'herald_code', 'herald_hint'])
      expect(rows[1]?.slice(0, 2)).toEqual(['12', '=1+1;=2'])
    }
  })

  it('I15: is linked from the pages beside CSV', async () => {
    const client = await withCampaign()
    const admin = await visit(client, 'admin')
    const report = await admin.get('/campaigns/cmp_1/report')
    expect(report.text).toContain('/api/v1/campaigns/cmp_1/report?format=xlsx')
    const suppressions = await admin.get('/suppressions')
    expect(suppressions.text).toContain('/api/v1/suppressions/export?format=xlsx')
    const messages = await workbook(client, '/campaigns/cmp_1/export?format=xlsx', { cookie: admin.cookie })
    expect(messages.rows).toHaveLength(4)
    const viewer = await visit(client, 'viewer')
    expect((await viewer.get('/suppressions')).text).not.toContain('/suppressions/export')
  })
})
