// What a forecast and a review say of what cannot be known before the first message, at each provider.
import { expect, it, onTestFinished } from 'vitest'
import { startEmulator } from '../../../src/emulator/emulator.ts'
import { launchByOperator, reviewLaunch } from '../../../src/engine/campaigns/launch.ts'
import { forecastFor } from '../../../src/engine/report/forecast.ts'
import { addSender } from '../../../src/engine/senders/senders.ts'
import { syncTemplates } from '../../../src/engine/senders/templates.ts'
import { addTestCampaign, importPeople, openTestApp } from '../../support/open-test-app.ts'
import { accounts } from '../../support/provider-accounts.ts'

async function campaignAt(provider: keyof typeof accounts, change: Record<string, unknown> = {}) {
  const test = await openTestApp()
  await addSender(test.ctx, { name: 'main', provider, credentials: accounts[provider] })
  await importPeople(test, 2)
  await addTestCampaign(test, change)
  return test
}

const templateAt = (provider: keyof typeof accounts) => ({
  type: 'template',
  template: provider === 'bird' ? '3f1d8a5e-6f0e-4a39-9a44-0c5b0d5f1a01' : 'spring_sale',
  language: 'en',
})

it.each([
  ['meta', 'session_seen', 'template_not_asked'],
  ['bird', 'session_asked', 'template_not_asked'],
  ['onemsg', 'session_seen', 'template_not_asked'],
  ['routee', 'session_seen', 'template_not_asked'],
  ['zixflow', 'session_seen', 'template_not_asked'],
  ['sandbox', 'nothing_open', 'nothing_open'],
] as const)('V12: says in forecast and review what nobody knows yet at %s', async (provider, session, template) => {
  for (const [change, code] of [
    [{}, session],
    [{ session: 'assume' }, session === 'nothing_open' ? session : 'session_assumed'],
    [{ content: templateAt(provider) }, template],
  ] as const) {
    const { ctx } = await campaignAt(provider, change)
    const { knownBefore } = await forecastFor(ctx, 'Spring sale')
    expect(knownBefore).toEqual({ code, text: code === 'nothing_open' ? null : expect.stringMatching(/\S{3}.*\.?$/) })
    expect((await reviewLaunch(ctx, 'Spring sale')).forecast.knownBefore).toEqual(knownBefore)
  }
})

it('V12: refuses at Zixflow a launch with values that the template does not take, once it was asked', async () => {
  const test = await openTestApp()
  const templates = [{ name: 'spring_sale', language: 'en', components: [{ type: 'BODY', text: 'Hi {{1}}, {{2}}' }] }]
  const emulator = await startEmulator({ dialects: ['zixflow'], zixflow: { templates } })
  onTestFinished(() => emulator[Symbol.asyncDispose]())
  const baseUrl = emulator.baseUrl('zixflow')
  const { untold } = await addSender(test.ctx, {
    name: 'main',
    provider: 'zixflow',
    baseUrl,
    credentials: accounts.zixflow,
  })
  expect(untold).toEqual([expect.stringContaining('state of the account'), expect.stringContaining('approved')])
  await importPeople(test, 2)
  const content = { ...templateAt('zixflow'), body: ['Ada'] }
  await addTestCampaign(test, { name: 'wrong', content })
  await addTestCampaign(test, { name: 'right', content: { ...content, body: ['Ada', '20%'] } })
  expect(await syncTemplates(test.ctx, test.app.connections, 'main')).toMatchObject([{ templates: 1, added: 1 }])
  await expect(launchByOperator(test.ctx, 'wrong')).rejects.toMatchObject({ code: 'template.parameter_count' })
  expect((await forecastFor(test.ctx, 'right')).knownBefore).toEqual({
    code: 'template_values_told',
    text: expect.stringContaining('does not say whether the template is approved'),
  })
  expect(await launchByOperator(test.ctx, 'right')).toMatchObject({ status: 'scheduled' })
})
