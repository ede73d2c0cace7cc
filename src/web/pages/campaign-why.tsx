// Why one person got the message of a campaign, or did not: every rule in its order, with its numbers.
import { Hono } from 'hono'
import { showCampaign } from '../../engine/campaigns/campaign-view.ts'
import { explainFailure } from '../../engine/report/reasons.ts'
import type { Report } from '../../engine/report/report.ts'
import { type OutcomeFacts, type Why, type WhyCheck, whyFor } from '../../engine/report/why.ts'
import { inPageWords } from '../definition-words.ts'
import { CampaignTabs } from '../elements/campaign-parts.tsx'
import { Table } from '../elements/table.tsx'
import { WhyForm } from '../elements/why-form.tsx'
import { type Format, formatFor } from '../format.ts'
import { renderPage } from '../layout.tsx'
import {
  type FormErrors,
  formErrors,
  noErrors,
  opens,
  type PageContext,
  type PageEnv,
  type PageFacts,
} from '../page.ts'
import { attemptWords, checkWords, decisionText, reasonText } from '../words.ts'

export function campaignWhyPages({ ctx }: PageFacts): Hono<PageEnv> {
  return new Hono<PageEnv>().get('/campaigns/:id/why', opens('read'), async (c) => {
    const campaign = await showCampaign(ctx, c.req.param('id'))
    const phone = c.req.query('phone')?.trim() ?? ''
    const shown = { campaign, phone }
    if (phone === '') return whyPage(c, { ...shown, errors: noErrors })
    try {
      return whyPage(c, { ...shown, errors: noErrors, why: await whyFor(ctx, campaign.id, phone) })
    } catch (error) {
      const { whole } = formErrors(error, () => undefined)
      return whyPage(c, { ...shown, errors: { fields: { phone: whole ?? '' } } }, 422)
    }
  })
}

interface Asked {
  campaign: Report['campaign']
  phone: string
  errors: FormErrors
  why?: Why
}

const results: Record<WhyCheck['result'], string> = {
  pass: '✓ passed',
  wait: '… waits',
  stop: '✗ stopped',
  info: '✓',
}

function whyPage(c: PageContext, { campaign, phone, errors, why }: Asked, status = 200) {
  const format = formatFor(c)
  return renderPage(
    c,
    { title: `Why: ${campaign.name}` },
    <>
      <CampaignTabs id={campaign.id} status={campaign.status} here="/report" />
      <WhyForm id={campaign.id} phone={phone} errors={errors} />
      {why !== undefined && (
        <>
          <p>
            <bdi>{why.phone}</bdi>: <strong>{decisionText(why.decision)}</strong>{' '}
            {why.message !== null && <code class="small-print">{why.message}</code>}
          </p>
          <Table
            caption="Checks in their order"
            head={['Check', 'Result', 'Rule and numbers', 'Until']}
            rows={why.checks.map(({ check, result, detail, until, facts }) => [
              checkWords[check],
              results[result],
              facts === undefined ? (
                <bdi>{format.inText(inPageWords(detail))}</bdi>
              ) : (
                <Outcome {...{ facts, format }} />
              ),
              until === undefined ? '' : format.instant(until),
            ])}
            empty=""
          />
        </>
      )}
    </>,
    status,
  )
}

/** What became of the message, or what a call came to: in words, with what the provider said small behind them. */
function Outcome({ facts, format }: { facts: OutcomeFacts; format: Format }) {
  switch (facts.kind) {
    case 'wait':
      return (
        <div>
          It waits, planned for {format.instant(facts.scheduledAt)}
          {facts.reason !== null && <>: people like this one {reasonText(facts.reason)}</>}.
        </div>
      )
    case 'end':
      return (
        <div>
          {endText(facts)}
          <Said parts={[facts.status === 'failed' ? facts.reason : null, facts.detail]} format={format} />
        </div>
      )
    case 'call':
      return (
        <div>
          Call at {format.instant(facts.at)}: {facts.outcome === null ? 'no answer yet' : attemptWords[facts.outcome]}.{' '}
          {facts.code !== null && explainFailure(facts.code)}
          <Said
            parts={[facts.code, facts.text, facts.trackingId === null ? null : `tracking id ${facts.trackingId}`]}
            format={format}
          />
        </div>
      )
  }
}

function endText({ status, reason }: Extract<OutcomeFacts, { kind: 'end' }>): string {
  const words = decisionText(status)
  if (reason === null) return words
  if (status === 'skipped') return `${words} People like this one ${reasonText(reason)}.`
  return [words, explainFailure(reason)].filter(Boolean).join(' ')
}

/** The provider's own words and codes. */
function Said({ parts, format }: { parts: readonly (string | null)[]; format: Format }) {
  const said = parts.filter((part) => part !== null && part !== '')
  if (said.length === 0) return null
  return (
    <div class="small-print">
      {said.map((part, index) => (
        <>
          {index > 0 && ' · '}
          <bdi>{format.inText(inPageWords(part ?? ''))}</bdi>
        </>
      ))}
    </div>
  )
}
