// What a bench of sending begins with: people in a list, senders of Meta's kind at a server that stands in for it, campaigns to them.
import { join } from 'node:path'
import type { App } from '../dist/app.js'
import { addCampaign } from '../dist/engine/campaigns/drafts.js'
import { importCsv } from '../dist/engine/import/import-csv.js'
import { addSender } from '../dist/engine/senders/senders.js'
import { writePeople } from './measure.ts'

export async function addPeople({ ctx }: App, dir: string, count: number): Promise<string> {
  const path = join(dir, 'people.csv')
  await writePeople(path, count)
  await importCsv(ctx, { path, list: 'people', rejectsPath: null })
  return path
}

interface SenderAt {
  name?: string
  baseUrl: string
  ratePerSecond: number
  concurrency?: number
  appSecret?: string
  /** Of several, each with its own account. */
  number?: number
}

export function addSenderAt({ ctx }: App, { name = 'main', appSecret = 'none', number = 1, ...given }: SenderAt) {
  const credentials = { phoneNumberId: String(1_060_000_000_000_000 + number), accessToken: 'none', appSecret }
  return addSender(ctx, { name, provider: 'meta', credentials, ...given })
}

/** A template with two variables to the list `people`, which nothing holds back. */
export function addCampaignTo({ ctx }: App, { name = 'Bench', sender = 'main', list = 'people' } = {}) {
  return addCampaign(ctx, {
    name,
    useCase: 'marketing',
    sender,
    audience: { lists: [list] },
    content: { type: 'template', template: 'hello', language: 'en', body: ['{{ first_name }}', '{{ voucher }}'] },
    limits: { quietHours: 'ignore', frequencyCap: 'ignore' },
  })
}
