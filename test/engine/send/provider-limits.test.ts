// A provider's own limits are held against every person's text before a launch.
import { expect, it } from 'vitest'
import { launchByOperator } from '../../../src/engine/campaigns/launch.ts'
import { addSender } from '../../../src/engine/senders/senders.ts'
import { addTestCampaign, importLines, openTestApp } from '../../support/open-test-app.ts'

const credentials = { applicationId: 'app', applicationSecret: 'secret-of-app', from: '302101234567' }
const content = { type: 'image', url: 'https://cdn.example.test/a.png', caption: '{{ note }}' }

it('refuses a launch when a filled-in caption is longer than the provider takes', async () => {
  const test = await openTestApp()
  await addSender(test.ctx, { name: 'main', provider: 'routee', credentials })
  await importLines(test, ['phone,note', '+12025550101,short', `+12025550102,${'x'.repeat(513)}`])
  await addTestCampaign(test, { content, session: 'assume' })
  await expect(launchByOperator(test.ctx, 'Spring sale')).rejects.toMatchObject({
    code: 'content.not_supported',
    message: expect.stringContaining('1 of 2 people cannot be sent: Routee: the caption has 513 characters'),
    details: { people: [{ phone: '+12025550102' }] },
  })
})

it('refuses what holds for everybody when the campaign is saved', async () => {
  const test = await openTestApp()
  await addSender(test.ctx, { name: 'main', provider: 'routee', credentials })
  await importLines(test, ['phone', '+12025550101'])
  const long = { ...content, caption: 'x'.repeat(513) }
  await expect(addTestCampaign(test, { content: long })).rejects.toMatchObject({ code: 'content.not_supported' })
})
