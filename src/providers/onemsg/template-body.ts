// A template message: Meta's component objects under `params`, beside name, namespace and language.
import type { TemplateContent } from '../../domain/content.ts'
import { parseWrittenTime } from '../../domain/instant.ts'
import { amountIn1000, type TemplateValue } from '../../domain/template-value.ts'
import { whatsappLanguage } from '../content-limits.ts'
import type { Json } from '../message-parts.ts'
import type { OneMsgSettings } from './config.ts'
import { headerObject } from './header-object.ts'

export function templateBody(content: TemplateContent, settings: OneMsgSettings): Json {
  const params = componentsOf(content, Number)
  if (content.cards !== undefined)
    params.push({
      type: settings.templateCarouselType,
      // The provider's own examples write the index as a number in templates and as text in cards.
      cards: content.cards.map((card, index) => ({ card_index: index, components: componentsOf(card, String) })),
    })
  return {
    template: content.template,
    namespace: content.namespace ?? settings.namespace,
    language: { policy: 'deterministic', code: whatsappLanguage(content.language) },
    params: params.length === 0 ? undefined : params,
    useMMlite: settings.useMMlite,
    messageActivitySharing: settings.messageActivitySharing,
  }
}

type TemplatePart = Pick<TemplateContent, 'header' | 'body' | 'buttons'>

function componentsOf(part: TemplatePart, indexOf: (index: number) => number | string): Json[] {
  const components: Json[] = []
  if (part.header !== undefined) components.push({ type: 'header', parameters: [headerObject(part.header)] })
  const values = Object.values(part.body ?? [])
  if (values.length > 0) components.push({ type: 'body', parameters: values.map(valueObject) })
  for (const { index, type, value } of part.buttons ?? [])
    components.push({
      type: 'button',
      sub_type: subTypes[type],
      index: indexOf(index),
      parameters: [buttonParameters[type](value)],
    })
  return components
}

function valueObject(value: TemplateValue): Json {
  if (typeof value === 'string') return { type: 'text', text: value }
  const { fallback: fallback_value } = value
  if (value.type === 'dateTime') return { type: 'date_time', date_time: { ...momentOf(value.at), fallback_value } }
  const currency = { currency_code: value.code, amount_1000: amountIn1000(value.amount), fallback_value }
  return { type: 'currency', currency }
}

/** A time with an offset is an instant, shown by the reader's clock; one without is the same everywhere. */
function momentOf(text: string): Json {
  const { local, at } = parseWrittenTime(text)
  if (at !== undefined) return { unix_epoch: { timestamp: Math.floor(at / 1000) } }
  const shown = new Date(local)
  return {
    component: {
      year: shown.getUTCFullYear(),
      month: shown.getUTCMonth() + 1,
      day_of_month: shown.getUTCDate(),
      hour: shown.getUTCHours(),
      minute: shown.getUTCMinutes(),
    },
  }
}

type ButtonType = NonNullable<TemplatePart['buttons']>[number]['type']

const subTypes: Record<ButtonType, string> = {
  url: 'url',
  quickReply: 'quick_reply',
  copyCode: 'copy_code',
  catalog: 'CATALOG',
}

const buttonParameters: Record<ButtonType, (value: string) => Json> = {
  url: (text) => ({ type: 'text', text }),
  quickReply: (payload) => ({ type: 'payload', payload }),
  copyCode: (code) => ({ type: 'coupon_code', coupon_code: code }),
  catalog: (id) => ({ type: 'action', action: { thumbnail_product_retailer_id: id } }),
}

/** Seconds that each use case may ask for; `service` has no templates of its own. */
const lifeSeconds = {
  marketing: [43_200, 2_592_000],
  utility: [30, 43_200],
  authentication: [30, 900],
  service: null,
} as const

/**
 * What a template is told of its validity. Below the provider's minimum nothing; above its maximum nothing either,
 * because the maximum would end the message before its time.
 */
export function lifeOf(useCase: keyof typeof lifeSeconds, secondsLeft: number): number | undefined {
  const range = lifeSeconds[useCase]
  if (range === null || secondsLeft < range[0] || secondsLeft > range[1]) return undefined
  return secondsLeft
}
