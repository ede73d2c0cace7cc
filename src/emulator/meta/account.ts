// What Graph tells about the numbers of the account, and the media that were uploaded to them.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type Answer, type EmulatorRequest, type IdSource, jsonAnswer } from '../dialect.ts'
import { text, webAddress } from '../strict-fields.ts'
import { errorAnswer } from './errors.ts'
import { type MetaOptions, type MetaPhoneNumber, metaDefaults } from './options.ts'
import { broken } from './parts.ts'
import { readWith } from './requests.ts'

const MB = 1024 * 1024
/** Largest upload per type. */
const mediaTypes: Record<string, number> = {
  'image/jpeg': 5 * MB,
  'image/png': 5 * MB,
  'video/mp4': 16 * MB,
  'video/3gpp': 16 * MB,
  'audio/aac': 16 * MB,
  'audio/amr': 16 * MB,
  'audio/mpeg': 16 * MB,
  'audio/mp4': 16 * MB,
  'audio/ogg': 16 * MB,
  'image/webp': 500 * 1024,
  'application/pdf': 100 * MB,
  'text/plain': 100 * MB,
}

/** Both or none: an address of its own for callbacks of this account, or that of the app. */
const subscription = z
  .strictObject({ override_callback_uri: webAddress.optional(), verify_token: text(1000).optional() })
  .refine(
    (one) => (one.override_callback_uri === undefined) === (one.verify_token === undefined),
    broken('100', 'override_callback_uri and verify_token come together'),
  )

interface Media {
  mime_type: string
  sha256: string
  file_size: number
}

export class Account {
  readonly wabaId: string
  readonly #numbers: readonly MetaPhoneNumber[]
  readonly #ids: IdSource
  readonly #media = new Map<string, Media>()
  /** Where callbacks of this account go, when that was set by a call. */
  callbackUrl: string | undefined

  constructor(options: MetaOptions, ids: IdSource) {
    this.wabaId = options.wabaId ?? metaDefaults.wabaId
    this.#numbers = options.phoneNumbers ?? metaDefaults.phoneNumbers
    this.#ids = ids
  }

  reset(): void {
    this.#media.clear()
    this.callbackUrl = undefined
  }

  /** Meta would ask the address for the token first; the receiver of a test need not answer that. */
  subscribe(body: unknown): Answer {
    const reading = readWith(subscription, body ?? {})
    if (!reading.isValid) return errorAnswer(this.#ids, reading.error)
    this.callbackUrl = reading.value.override_callback_uri
    return jsonAnswer(200, { success: true })
  }

  findNumber(id: string): MetaPhoneNumber | undefined {
    return this.#numbers.find((number) => number.id === id)
  }

  hasMedia(id: string): boolean {
    return this.#media.has(id)
  }

  number(number: MetaPhoneNumber, query: URLSearchParams): Answer {
    const usual = 'verified_name,code_verification_status,display_phone_number,quality_rating,id'
    return this.#node('WhatsAppBusinessPhoneNumber', numberFields(number, this.wabaId), query.get('fields') ?? usual)
  }

  numbers(query: URLSearchParams): Answer {
    const answers = this.#numbers.map((number) => this.number(number, query))
    return (
      answers.find((answer) => answer.status !== 200) ??
      jsonAnswer(200, { data: answers.map((answer) => JSON.parse(answer.body)) })
    )
  }

  account(query: URLSearchParams): Answer {
    const fields = { id: this.wabaId, name: 'Example Ltd', currency: 'USD', health_status: health('WABA', this.wabaId) }
    return this.#node('WhatsAppBusinessAccount', fields, query.get('fields') ?? 'id,name')
  }

  async upload({ headers, body }: EmulatorRequest): Promise<Answer> {
    const refuse = (details: string) => errorAnswer(this.#ids, { code: '100', details })
    const contentType = headers['content-type'] ?? ''
    if (!contentType.startsWith('multipart/form-data')) return refuse('the upload must be multipart/form-data')
    const form = await readForm(contentType, body)
    if (form === undefined) return refuse('the multipart body cannot be read')
    const unknown = [...form.keys()].find((key) => !['messaging_product', 'type', 'file'].includes(key))
    if (unknown !== undefined) return refuse(`Unexpected key "${unknown}"`)
    const file = form.get('file')
    if (form.get('messaging_product') !== 'whatsapp') return refuse('messaging_product must be whatsapp')
    if (file === null || typeof file === 'string') return refuse('Parameter file is required')
    const type = form.get('type') ?? file.type
    const sizeMax = mediaTypes[String(type)]
    if (sizeMax === undefined) return errorAnswer(this.#ids, { code: '131053', details: `type ${type} is not taken` })
    if (file.size > sizeMax)
      return errorAnswer(this.#ids, { code: '131053', details: `${file.size} bytes are too many` })
    const bytes = Buffer.from(await file.arrayBuffer())
    const id = this.#ids.digits(16)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    this.#media.set(id, { mime_type: String(type), sha256, file_size: bytes.length })
    return jsonAnswer(200, { id })
  }

  media(id: string): Answer {
    // The address would need the bearer token and be gone after five minutes; nothing is kept to download.
    return jsonAnswer(200, {
      messaging_product: 'whatsapp',
      id,
      url: `https://media.example.test/${id}`,
      ...this.#media.get(id),
    })
  }

  deleteMedia(id: string): Answer {
    this.#media.delete(id)
    return jsonAnswer(200, { success: true })
  }

  #node(type: string, all: Record<string, unknown>, fieldList: string): Answer {
    const fields = fieldList.split(',').map((field) => field.trim())
    const unknown = fields.find((field) => !Object.hasOwn(all, field))
    if (unknown !== undefined) {
      const message = `(#100) Tried accessing nonexisting field (${unknown}) on node type (${type})`
      return errorAnswer(this.#ids, { code: '100', message })
    }
    return jsonAnswer(200, Object.fromEntries([...fields, 'id'].map((field) => [field, all[field]])))
  }
}

export function displayNumberOf(number: MetaPhoneNumber): string {
  return number.displayPhoneNumber ?? '15550100009'
}

function numberFields(number: MetaPhoneNumber, wabaId: string): Record<string, unknown> {
  const tier = number.messagingLimit ?? 'TIER_100K'
  return {
    id: number.id,
    display_phone_number: displayNumberOf(number),
    verified_name: number.verifiedName ?? 'Example Ltd',
    quality_rating: number.qualityRating ?? 'GREEN',
    status: 'CONNECTED',
    name_status: 'APPROVED',
    code_verification_status: 'VERIFIED',
    platform_type: 'CLOUD_API',
    throughput: { level: number.throughput ?? 'STANDARD' },
    whatsapp_business_manager_messaging_limit: tier,
    messaging_limit_tier: tier,
    health_status: health('PHONE_NUMBER', number.id, number.canSendMessage, wabaId),
  }
}

function health(type: string, id: string, canSend: MetaPhoneNumber['canSendMessage'] = 'AVAILABLE', wabaId?: string) {
  const entities = [
    { entity_type: type, id, can_send_message: canSend },
    ...(wabaId === undefined ? [] : [{ entity_type: 'WABA', id: wabaId, can_send_message: 'AVAILABLE' }]),
  ]
  return { can_send_message: canSend, entities }
}

async function readForm(contentType: string, body: Buffer): Promise<FormData | undefined> {
  try {
    return await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData()
  } catch {
    return undefined
  }
}
