// One claimed message → one call → one result. Nothing is read or written here, and nothing throws: what can go wrong
// is a value.

import { AppError } from '../../domain/errors.ts'
import { hasOpenSession } from '../../domain/message-rules.ts'
import type { Variables } from '../../domain/personalisation.ts'
import { clipText, type SendResult } from '../../domain/send-result.ts'
import type { Driver } from '../../providers/provider.ts'
import { readFields } from '../../store/audience.ts'
import type { ClaimedMessage } from '../../store/claim.ts'
import type { RevisionRules } from '../campaigns/claim-rules.ts'

export interface SendFacts {
  driver: Driver
  /** Our name for an attempt, as the provider gets it. */
  reference: (attemptId: number) => string
  now: number
  /** Undefined only when the revision was forgotten between claim and call. */
  revision?: RevisionRules
}

export async function sendMessage(message: ClaimedMessage, facts: SendFacts): Promise<SendResult> {
  const { revision, driver, now } = facts
  if (revision === undefined || now >= message.expiresAt) return { kind: 'not_started', error: null }
  const rendered = renderFor(message, revision)
  if ('result' in rendered) return rendered.result
  const { definition } = revision.campaign
  try {
    return await driver.send({
      to: message.phone,
      content: rendered.content,
      reference: facts.reference(message.attemptId),
      useCase: definition.useCase,
      tags: revision.campaign.tags,
      campaign: definition.name,
      expiresAt: message.expiresAt,
      respectsCaps: revision.campaign.respectsCaps,
      respectsQuietHours: revision.campaign.quietHours.mode !== 'ignore',
      assumesSession: definition.session === 'assume' || hasOpenSession(message, now),
    })
  } catch (error) {
    // A driver that throws may have thrown after its call.
    return {
      kind: 'unknown',
      error: {
        code: 'driver_fault',
        text: clipText(String(error)),
        advice: 'The driver failed; proof is being looked for.',
        httpStatus: null,
      },
    }
  }
}

type Rendered = { content: RevisionRules['content']['content'] } | { result: SendResult }

/** Text is rendered at the call and stored nowhere. A person whose text cannot be rendered is skipped. */
function renderFor(message: ClaimedMessage, { campaign, content }: RevisionRules): Rendered {
  const variables = variablesOf(message)
  const missing = campaign.definition.missingVariable === 'fallback' ? [] : content.missing(variables)
  if (missing.length > 0) return { result: skip('template.unknown_field', `no value for ${missing.join(', ')}`) }
  try {
    return { content: content.render(variables) }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return { result: skip(error.code, error.message) }
  }
}

function skip(code: string, text: string): SendResult {
  const advice = 'Fill in the field of this person, or give the text a default.'
  return {
    kind: 'not_started',
    error: { code, text: clipText(text), advice, httpStatus: null },
    skip: 'missing_variable',
  }
}

/** The frozen fields of a message; the phone is the contact's own. */
function variablesOf({ variables, phone }: Pick<ClaimedMessage, 'variables' | 'phone'>): Variables {
  return { ...(variables === null ? {} : readFields(variables)), phone }
}
