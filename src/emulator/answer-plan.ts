// What a fault makes of an answer: another content, or another way of writing it. Pure; writing is answer-writer.ts.
import type { Answer, Dialect, Outcome } from './dialect.ts'
import type { FaultAction, FaultPhase } from './fault-script.ts'

type Writing =
  | { how: 'whole' }
  /** Leaves the connection open and says nothing. */
  | { how: 'nothing' }
  | { how: 'reset'; after: 'nothing' | 'half' }
  | { how: 'close'; after: 'half_status_line' | 'headers' | 'half' }
  | { how: 'trickle'; everyMs: number; bytes: number }
  /** A body so long that nobody should keep it. */
  | { how: 'flood'; bytes: number }

export interface AnswerPlan {
  answer: Answer
  writing: Writing
}

export interface FaultSetting {
  phase: FaultPhase
  dialect: Dialect
  /** Undefined while nothing was decided about the request. */
  outcome: Outcome | undefined
  /** The id of a message accepted before this one. */
  earlierId: string | undefined
}

type Play<Type extends FaultAction['type']> = (
  action: Extract<FaultAction, { type: Type }>,
  plan: AnswerPlan,
  setting: FaultSetting,
) => AnswerPlan

const HTML = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>'

const plays: { [Type in FaultAction['type']]: Play<Type> } = {
  answer: ({ status, body, headers }, { writing }) => {
    const isText = typeof body === 'string' || body === undefined
    const type = isText ? 'text/plain; charset=utf-8' : 'application/json; charset=UTF-8'
    return {
      writing,
      answer: {
        status,
        headers: { 'content-type': type, ...headers },
        body: isText ? (body ?? '') : JSON.stringify(body),
      },
    }
  },
  providerError: ({ code, details, status }, { writing }, { dialect }) => {
    const answer = dialect.errorAnswer(code, details)
    return { writing, answer: { ...answer, status: status ?? answer.status } }
  },
  throttle: ({ status, retryAfter }, { writing }, { dialect }) => {
    const answer = dialect.throttleAnswer()
    const headers = { ...answer.headers, ...(retryAfter !== undefined && { 'retry-after': retryAfter }) }
    return { writing, answer: { ...answer, status: status ?? answer.status, headers } }
  },
  resetConnection: (_, { answer }, { phase }) => ({
    answer,
    writing: { how: 'reset', after: phase === 'duringAnswer' ? 'half' : 'nothing' },
  }),
  closeAfterHalfStatusLine: (_, { answer }) => ({ answer, writing: { how: 'close', after: 'half_status_line' } }),
  closeAfterHeaders: (_, { answer }) => ({ answer, writing: { how: 'close', after: 'headers' } }),
  closeAfterHalfAnswer: (_, { answer }) => ({ answer, writing: { how: 'close', after: 'half' } }),
  dropAnswer: (_, { answer }) => ({ answer, writing: { how: 'nothing' } }),
  // Waited for where it is played, before the answer is planned.
  delay: (_, plan) => plan,
  trickle: ({ everyMs, bytes }, { answer }) => ({ answer, writing: { how: 'trickle', everyMs, bytes } }),
  emptyBody: ({ status }, { writing, answer }) => ({ writing, answer: { ...answer, status, body: '' } }),
  html: ({ status }, { writing }) => ({
    writing,
    answer: { status, headers: { 'content-type': 'text/html' }, body: HTML },
  }),
  malformedJson: ({ status }, { writing, answer }) => ({
    writing,
    answer: { ...answer, status, body: answer.body.slice(0, Math.ceil(answer.body.length / 2)) || '{"' },
  }),
  hugeBody: ({ status, bytes }, { answer }) => ({ answer: { ...answer, status }, writing: { how: 'flood', bytes } }),
  noId: (_, plan, { outcome }) =>
    outcome?.verdict === 'accepted' ? { ...plan, answer: outcome.answerWith(null) } : plan,
  duplicateId: (_, plan, { outcome, earlierId }) =>
    outcome?.verdict === 'accepted'
      ? { ...plan, answer: outcome.answerWith(earlierId ?? outcome.message.trackingId) }
      : plan,
  redirect: ({ url, status }, { writing }) => ({ writing, answer: { status, headers: { location: url }, body: '' } }),
  // Played where callbacks are planned.
  webhooks: (_, plan) => plan,
}

export function playFault(action: FaultAction, plan: AnswerPlan, setting: FaultSetting): AnswerPlan {
  return plays[action.type](action as never, plan, setting)
}
