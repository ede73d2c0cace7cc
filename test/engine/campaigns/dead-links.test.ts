// Values of URL buttons that open a dead page: nobody refuses them, so people are warned when they save a campaign, in the preview, in
// the forecast and at the launch.
import { describe, expect, it } from 'vitest'
import { linkSuffixProblem } from '../../../src/domain/link-suffix.ts'
import { previewContent } from '../../../src/engine/campaigns/content-preview.ts'
import { addCampaign, editCampaign } from '../../../src/engine/campaigns/drafts.ts'
import { reviewLaunch } from '../../../src/engine/campaigns/launch.ts'
import { forecastFor } from '../../../src/engine/report/forecast.ts'
import { addMeta, campaignDefinition, importLines, openTestApp, type TestApp } from '../../support/open-test-app.ts'

/** case 37 url-button-value-odd */
const lines = [
  'phone,link',
  '+447700900431,abc123',
  '+447700900432,https://shop.example.com/s/abc',
  '+447700900433,red shoes',
  '+447700900434,größe',
]

function contentOf(value: string) {
  return { type: 'template', template: 'spring', language: 'en', buttons: [{ index: 0, type: 'url', value }] }
}

async function open(): Promise<TestApp> {
  const test = await openTestApp()
  await addMeta(test)
  await importLines(test, lines)
  return test
}

const definitionOf = (value: string) => campaignDefinition({ content: contentOf(value) })

describe('I11: the value of a URL button', () => {
  it.each([
    ['https://shop.example.com/s/abc', 'a whole address'],
    ['HTTP://shop.example.com', 'a whole address'],
    ['www.example.com/a', 'a whole address'],
  ])('I11: %j is warned of: %s', (value, words) => {
    expect(linkSuffixProblem(value)).toContain(words)
  })

  // Whatever must be encoded is encoded on its way to the provider.
  it.each(['abc123', '?utm_source=wa&u=1', 'a/b.html#top', '100%25', '', 'red shoes', 'größe', '100%', 'a|b'])(
    'I11: %j is nothing to warn of',
    (value) => {
      expect(linkSuffixProblem(value)).toBeUndefined()
    },
  )

  it('I11: is counted with an example wherever people look before it is sent', async () => {
    const { ctx } = await open()
    const words = [
      expect.stringMatching(
        /a dead page for 1 person: its value is a whole address.*"https:\/\/shop\.example\.com\/s\/abc" of \+447700900432.*only the end/,
      ),
    ]
    const saved = await addCampaign(ctx, definitionOf('{{ link }}'))
    expect(saved.warnings).toEqual(words)
    expect((await editCampaign(ctx, saved.id, definitionOf('{{ link }}'))).warnings).toEqual(words)
    expect((await forecastFor(ctx, saved.id)).warnings).toEqual(expect.arrayContaining(words))
    expect((await reviewLaunch(ctx, saved.id)).warnings).toEqual(expect.arrayContaining(words))
  })

  it('I11: that is encoded by its filter needs no warning', async () => {
    const { ctx } = await open()
    const saved = await addCampaign(ctx, definitionOf('{{ link | url_encode }}'))
    expect(saved.warnings).toEqual([])
    expect((await forecastFor(ctx, saved.id)).warnings.join()).not.toContain('dead page')
  })

  it.each(['https://shop.example.com/', 'https://shop.example.com/{{ link }}', 'www.example.com'])(
    'I11: %j is warned of as it is written, once',
    async (value) => {
      const { ctx } = await open()
      const saved = await addCampaign(ctx, definitionOf(value))
      expect(saved.warnings[0]).toMatch(/^the value of a URL button is a whole address/)
      expect((await forecastFor(ctx, saved.id)).warnings.join()).toContain('the value of a URL button')
    },
  )

  it('I11: is warned of beside the preview of the person whose it is', async () => {
    const { ctx } = await open()
    const request = { audience: { lists: ['people'] }, content: contentOf('{{ link }}') }
    const first = await previewContent(ctx, request)
    expect([first.person?.phone, first.warnings]).toEqual(['+447700900431', []])
    const second = await previewContent(ctx, { ...request, after: first.person?.id })
    expect(second.warnings).toEqual([expect.stringContaining('is a whole address')])
  })
})
