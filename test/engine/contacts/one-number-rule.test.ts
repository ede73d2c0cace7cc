// However a number is written, every face means the same person: the import, the page of a person, suppressions, `why`, test sends,
// replies and filters.
import { describe, expect, it } from 'vitest'
import { prepareTest } from '../../../src/engine/campaigns/test-send.ts'
import { showContact } from '../../../src/engine/contacts/contacts.ts'
import { exportContacts, readSelection } from '../../../src/engine/contacts/export-contacts.ts'
import { addSuppression, removeSuppression, showSuppressions } from '../../../src/engine/contacts/suppressions.ts'
import { showReplies } from '../../../src/engine/replies/replies.ts'
import { whyFor } from '../../../src/engine/report/why.ts'
import { addMeta, addTestCampaign, importLines, openTestApp, templateContent } from '../../support/open-test-app.ts'

const stored = '+5491123456789'
const spellings = ['+54 9 11 2345-6789', '+54 11 15 2345 6789', '0054 11 2345 6789']

async function open() {
  const test = await openTestApp()
  await addMeta(test)
  await importLines(test, ['phone,name', `${stored},Ada`, '+447700900123,Bea'])
  await addTestCampaign(test, { content: templateContent })
  return test
}

describe('I6: a number written in another way', () => {
  it.each(spellings)('I6: %s finds the person everywhere', async (written) => {
    const { ctx } = await open()
    expect((await showContact(ctx, written)).phone).toBe(stored)
    expect((await whyFor(ctx, 'Spring sale', written)).decision).not.toBe('not_a_contact')
    await addSuppression(ctx, written)
    expect(await showSuppressions(ctx, { limit: 5, phone: written })).toHaveLength(1)
    await removeSuppression(ctx, written, 'all')
    expect(await showSuppressions(ctx, { limit: 5 })).toEqual([])
    expect((await prepareTest(ctx, 'Spring sale', written)).phone).toMatch(/^\+54/)
    expect(await showReplies(ctx, { limit: 5, phone: written })).toEqual([])
  })

  it.each([
    ...spellings.map((written) => ({ field: 'phone', is: written })),
    { field: 'phone', in: ['447700900999', '54 11 15 2345 6789'] },
    { field: 'phone', isNot: '+44 (0)7700 900123' },
    { field: 'phone', notIn: ['07700 900123', '447700900123'] },
  ])('I6: the filter %j selects that person alone', async (filter) => {
    const { ctx } = await open()
    const { lines } = await exportContacts(ctx, readSelection({ filter }), false)
    const phones: unknown[] = []
    for await (const slice of lines) phones.push(...slice.map(([phone]) => phone))
    expect(phones).toEqual(['5491123456789'])
  })

  it('I6: an old number is refused by name where somebody types it, and finds whom it became', async () => {
    const test = await openTestApp()
    const { ctx } = test
    await importLines(test, ['phone', '+2290195123456'])
    await expect(addSuppression(ctx, '+229 95123456')).rejects.toMatchObject({
      code: 'phone.legacy_format',
      message: expect.stringContaining('+2290195123456'),
    })
    expect((await showContact(ctx, '+229 95123456')).phone).toBe('+2290195123456')
  })

  it('P9: what was typed is quoted once', async () => {
    const { ctx } = await open()
    await expect(whyFor(ctx, 'Spring sale', '12345')).rejects.toMatchObject({ message: '"12345" has no country code' })
  })
})
