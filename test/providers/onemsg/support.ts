// A 1MSG driver whose HTTP client is a list of prepared answers: what it asked is kept, and nothing goes anywhere.
import type { HttpClient, HttpOutcome, HttpRequest } from '../../../src/providers/http-client.ts'
import { oneMsgProvider } from '../../../src/providers/onemsg/driver.ts'
import type { Driver } from '../../../src/providers/provider.ts'

export const now = Date.UTC(2026, 4, 1, 10)
export const token = 'secret-token-1'
export const sendSuccess = {
  sent: true,
  id: 'wamid.AAA',
  message: 'Sent to 12025550111@c.us',
  description: 'Message has been sent to the provider',
}

export interface Asked extends HttpRequest {
  /** The body as JSON. */
  json: unknown
}

export interface Prepared {
  driver: Driver
  asked: Asked[]
}

/** Answers in the order of the calls, the last one again and again; a number is a status with an empty object. */
export function prepare(answers: readonly unknown[], settings: Record<string, unknown> = {}): Prepared {
  const asked: Asked[] = []
  const request = async (given: HttpRequest): Promise<HttpOutcome> => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]
    asked.push({ ...given, json: given.body === undefined ? undefined : JSON.parse(String(given.body)) })
    return outcomeOf(answer)
  }
  const driver = oneMsgProvider.connect({
    settings: oneMsgProvider.settings.parse({ channelId: 'ABC123456789', token, namespace: 'aaaa_bbbb', ...settings }),
    baseUrl: oneMsgProvider.baseUrl,
    http: { request } as unknown as HttpClient,
    webhookUrl: undefined,
    now: () => now,
    wait: async () => {},
    receive: async () => {},
  })
  return { driver, asked }
}

/** A whole answer where `status` stands in it; else the body of a 200. */
function outcomeOf(answer: unknown): HttpOutcome {
  const { status = 200, body = answer, headers = {} } = isWhole(answer) ? answer : {}
  return {
    kind: 'answer',
    status,
    header: (name) => headers[name],
    text: typeof body === 'string' ? body : JSON.stringify(body),
  }
}

interface Whole {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

function isWhole(answer: unknown): answer is Whole {
  return typeof answer === 'object' && answer !== null && typeof (answer as Whole).status === 'number'
}
