// The channel itself: state, costs, settings, webhook addresses, uploaded files, read marks.
import { z } from 'zod'
import { type Answer, type IdSource, jsonAnswer } from '../dialect.ts'
import { statusAnswer } from './errors.ts'
import { type OneMsgOptions, oneMsgDefaults } from './options.ts'

const address = z.url({ protocol: /^https?$/ })
const webhookUrl = z.union([z.literal(''), address, z.array(address).min(1).max(5)])

const settingsBody = z.strictObject({
  webhookUrl: webhookUrl.nullable().optional(),
  guaranteedHooks: z.boolean().optional(),
  ackNotificationsOn: z.boolean().optional(),
  rawHooks: z.boolean().optional(),
  template_analytics_enabled: z.boolean().optional(),
  cta_url_link_tracking_opted_out: z.boolean().optional(),
})

const MEDIA_BYTES_MAX = 100 * 1024 * 1024

export class Account {
  readonly #options: OneMsgOptions
  readonly #ids: IdSource
  #settings: Record<string, unknown> = {}
  #urls: readonly string[] = []
  readonly #media = new Map<string, { mimeType: string; fileSize: number }>()

  constructor(options: OneMsgOptions, ids: IdSource) {
    this.#options = options
    this.#ids = ids
    this.reset()
  }

  reset(): void {
    this.#settings = { ackNotificationsOn: false, rawHooks: this.#options.rawHooks ?? false, guaranteedHooks: false }
    this.#urls = this.#options.webhookUrls ?? []
    this.#media.clear()
  }

  status(): Answer {
    return jsonAnswer(200, {
      status: this.#options.status ?? oneMsgDefaults.status,
      accountStatus: 'ACTIVE',
      mm_lite_available: true,
    })
  }

  statistics(query: URLSearchParams): Answer {
    const date = query.get('date') ?? ''
    if (!/^(?:0[1-9]|1[0-2])\.\d{4}$/.test(date)) return statusAnswer(400, 'date must be mm.YYYY')
    return jsonAnswer(200, { date, templates_cost: 400.0313 })
  }

  extendedStatistics(): Answer {
    return jsonAnswer(200, [
      {
        period_date: '2026-01-01T00:00:00Z',
        quantity: 2,
        paid_quantity: 1,
        free_quantity: 1,
        free_tier: 1,
        free_entry_point: 0,
        business_initiated_quantity: 2,
        business_initiated_paid_quantity: 1,
        business_initiated_price: 0.0691,
        user_initiated_quantity: 0,
        user_initiated_paid_quantity: 0,
        user_initiated_price: 0,
        total_price: 0.0691,
      },
    ])
  }

  mmLiteStatus(): Answer {
    return jsonAnswer(200, { available: true, status: 'ONBOARDED', message: 'Marketing Messages API is available' })
  }

  outputIP(): Answer {
    return jsonAnswer(200, { result: '203.0.113.84' })
  }

  webhook(): Answer {
    const [only = ''] = this.#urls
    return jsonAnswer(200, { webhookUrl: this.#urls.length > 1 ? this.#urls : only })
  }

  /** Replaces the list. */
  setWebhook(body: unknown): Answer {
    const result = z.strictObject({ webhookUrl }).safeParse(body)
    if (!result.success) return statusAnswer(400, 'webhookUrl must be an address or up to 5 of them')
    this.#urls = [result.data.webhookUrl].flat().filter((url) => url !== '')
    return jsonAnswer(200, { set: true, message: this.#urls.join(',') })
  }

  settings(): Answer {
    return jsonAnswer(200, { webhookUrl: this.#urls.join(',') || null, ...this.#settings })
  }

  setSettings(body: unknown): Answer {
    const result = settingsBody.safeParse(body)
    if (!result.success) return statusAnswer(400, z.prettifyError(result.error).split('\n')[0])
    const { webhookUrl: urls, ...others } = result.data
    if (urls !== undefined) this.#urls = [urls ?? ''].flat().filter((url) => url !== '')
    Object.assign(this.#settings, others)
    return jsonAnswer(200, { webhookUrl: this.#urls.join(',') || null, update: result.data })
  }

  upload(body: unknown): Answer {
    const result = z.strictObject({ body: z.string().min(1) }).safeParse(body)
    if (!result.success) return statusAnswer(400, 'body is required: an address or a data URI')
    const [, mimeType, data] = /^data:([\w.+-]+\/[\w.+-]+);base64,([A-Za-z0-9+/]+=*)$/.exec(result.data.body) ?? []
    if (mimeType === undefined && !address.safeParse(result.data.body).success)
      return statusAnswer(400, 'body is neither an address nor a data URI')
    const fileSize = Buffer.from(data ?? '', 'base64').length
    if (fileSize > MEDIA_BYTES_MAX) return statusAnswer(400, `${fileSize} bytes are too many`)
    const mediaId = this.#ids.digits(16)
    this.#media.set(mediaId, { mimeType: mimeType ?? 'application/octet-stream', fileSize })
    return jsonAnswer(200, { mediaId })
  }

  media(mediaId: string): Answer {
    const found = this.#media.get(mediaId)
    if (found === undefined) return statusAnswer(400, 'media was not found')
    return jsonAnswer(200, { id: mediaId, url: `https://media.example.test/${mediaId}`, ...found })
  }

  readMessage(body: unknown): Answer {
    const result = z.strictObject({ messageId: z.string().min(1) }).safeParse(body)
    return result.success ? jsonAnswer(200, { result: 'success' }) : statusAnswer(400, 'messageId is required')
  }
}
