// One claimed message → its text → one call → one result. The text is rendered ahead of the slot and stored nowhere; nothing
// is read or written here, and nothing throws: what can go wrong is a value.
import { AppError } from '../../domain/errors.ts'
import { hasOpenSession } from '../../domain/message-rules.ts'
import type { Variables } from '../../domain/personalisation.ts'
import { clipText, type SendResult } from '../../domain/send-result.ts'
import type { Begin } from '../../providers/http-client.ts'
import type { Driver, OutgoingMessage } from '../../providers/provider.ts'
import { readFields } from '../../store/audience.ts'
import type { ClaimedMessage } from '../../store/claim.ts'
import type { RevisionRules } from '../campaigns/claim-rules.ts'

export interface CallFacts {
  driver: Driver
  /** Our name for an attempt, as the provider gets it. */
  reference: (attemptId: number) => string
  now: number
  /** Undefined only when the revision was forgotten between claim and call. */
  revision: RevisionRules | undefined
}

/** A call that can begin at once, or what keeps its message from being sent. */
export type PreparedCall =
  | { call: (begin: Begin) => Promise<SendResult> }
  /** `fault`: the message goes back, because something about it cannot be read. */
  | { result: SendResult; fault?: unknown }

const notStarted: SendResult = { kind: 'not_started', error: null }

export function prepareCall(message: ClaimedMessage, facts: CallFacts): PreparedCall {
  try {
    return preparedCall(message, facts)
  } catch (fault) {
    return { result: notStarted, fault }
  }
}

function preparedCall(message: ClaimedMessage, facts: CallFacts): PreparedCall {
  const { revision, driver, now } = facts
  if (revision === undefined || now >= message.expiresAt) return { result: notStarted }
  const rendered = renderFor(message, revision)
  if ('result' in rendered) return rendered
  const { definition } = revision.campaign
  const outgoing: Omit<OutgoingMessage, 'begin'> = {
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
  }
  return { call: (begin) => send(driver, { ...outgoing, begin }) }
}

/** A driver that throws may have thrown after its call. */
async function send(driver: Driver, outgoing: OutgoingMessage): Promise<SendResult> {
  try {
    return await driver.send(outgoing)
  } catch (error) {
    const advice = 'The driver failed; proof is being looked for.'
    return {
      kind: 'unknown',
      error: { code: 'driver_fault', text: clipText(String(error)), advice, httpStatus: null },
    }
  }
}

type Rendered = { content: RevisionRules['content']['content'] } | { result: SendResult }

/** A person whose text cannot be rendered is skipped. */
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
