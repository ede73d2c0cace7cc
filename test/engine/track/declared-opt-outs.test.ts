// Buttons that a campaign declares as opt-outs: a tap on them stops marketing, whatever they are called.
import { describe, expect, it } from 'vitest'
import { compileContent } from '../../../src/domain/content.ts'
import { optOutPayloads } from '../../../src/domain/content-whole.ts'
import { addCampaign, editCampaign } from '../../../src/engine/campaigns/drafts.ts'
import { showSuppressions } from '../../../src/engine/contacts/suppressions.ts'
import { showReplies } from '../../../src/engine/replies/replies.ts'
import { messageObject } from '../../../src/providers/meta/content.ts'
import { applyMessages } from '../../support/callbacks.ts'
import { accepted, claimAll, launchAndPlan, record } from '../../support/claims.ts'
import {
  addMeta,
  addTestCampaign,
  campaignDefinition,
  importPeople,
  openTestApp,
  phoneNumber,
  type TestApp,
} from '../../support/open-test-app.ts'

const limits = { quietHours: 'ignore', frequencyCap: 'ignore' }
const buttons = [
  { id: 'more', title: 'Tell me more' },
  { id: 'p-17', title: 'Not for me', optOut: true },
]
const asking = { type: 'buttons', body: 'Interested?', buttons } as const

/** Two campaigns to two people: the first one's "Not for me" opts out, the second one's does not. */
async function setup(): Promise<TestApp> {
  const test = await openTestApp()
  await addMeta(test)
  await importPeople(test, 2)
  const plain = { ...asking, buttons: buttons.map(({ id, title }) => ({ id, title })) }
  await addTestCampaign(test, { name: 'First', content: asking, limits, session: 'assume' })
  await launchAndPlan(test, 'First')
  await record(test, await claimAll(test), (message) => accepted(message.attemptId))
  await addTestCampaign(test, { name: 'Second', content: plain, limits, session: 'assume' })
  await launchAndPlan(test, 'Second')
  await record(test, await claimAll(test), (message) => accepted(message.attemptId))
  return test
}

async function tap(test: TestApp, person: number, answers: string | null): Promise<void> {
  const message = {
    from: phoneNumber(person).slice(1),
    id: `wamid.${person}.${answers}`,
    type: 'interactive',
    interactive: { type: 'button_reply', button_reply: { id: 'p-17', title: 'Not for me' } },
    ...(answers !== null && { context: { id: answers } }),
  }
  await applyMessages(test, [message])
}

const suppressed = async (test: TestApp) => (await showSuppressions(test.ctx, { limit: 9 })).map(({ phone }) => phone)

describe('I5: a declared button', () => {
  it('opts out whoever taps it, and only in the campaign that declares it', async () => {
    const test = await setup()
    await tap(test, 0, 'track-3')
    expect(await suppressed(test)).toEqual([])
    await tap(test, 1, 'track-2')
    expect(await suppressed(test)).toEqual([phoneNumber(1)])
    expect(await showReplies(test.ctx, { limit: 9, phone: phoneNumber(1) })).toMatchObject([
      { kind: 'tap', text: 'Not for me', payload: 'p-17', reading: 'opt_out' },
    ])
  })

  it('counts for any campaign of the sender where the provider does not say which one was answered', async () => {
    const test = await setup()
    await tap(test, 0, null)
    expect(await suppressed(test)).toEqual([phoneNumber(0)])
  })

  it('counts as it was when the message was sent, also after an edit', async () => {
    const test = await setup()
    const other = { ...asking, buttons: [{ id: 'p-18', title: 'Not for me', optOut: true }] }
    await addCampaign(test.ctx, campaignDefinition({ name: 'Draft', content: other, limits, session: 'assume' }))
    await editCampaign(
      test.ctx,
      'Draft',
      campaignDefinition({ name: 'Draft', content: asking, limits, session: 'assume' }),
    )
    await tap(test, 0, 'track-1')
    expect(await suppressed(test)).toEqual([phoneNumber(0)])
  })

  it('is declared in buttons, lists, cards and templates, and no provider is told', () => {
    const list = {
      type: 'list',
      body: 'b',
      button: 'Choose',
      sections: [{ rows: [{ id: 'r', title: 't', optOut: true }] }],
    }
    const quickReply = { index: 0, type: 'quickReply', value: 'q', optOut: true }
    const template = { type: 'template', template: 'hello', language: 'en', buttons: [quickReply] }
    const contents = [asking, list, template] as Parameters<typeof optOutPayloads>[0][]
    expect(contents.map(optOutPayloads)).toEqual([['p-17'], ['r'], ['q']])
    for (const content of contents) {
      const told = compileContent(content).render({})
      expect(JSON.stringify(messageObject(told))).not.toContain('optOut')
      expect(JSON.stringify(told)).not.toContain('optOut')
    }
  })

  it('has a payload that is the same for everybody', async () => {
    const test = await openTestApp()
    await addMeta(test)
    await importPeople(test, 1)
    const open = { ...asking, buttons: [{ id: '{{ first_name }}', title: 'No', optOut: true }] }
    await expect(addTestCampaign(test, { content: open })).rejects.toMatchObject({
      code: 'content.invalid',
      message: expect.stringContaining('cannot hold a placeholder'),
    })
  })
})
