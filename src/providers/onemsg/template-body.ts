// A template message: Meta's component objects under `params`, beside name, namespace and language.
import type { TemplateContent } from '../../domain/content.ts'
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
  if (values.length > 0) components.push({ type: 'body', parameters: values.map((text) => ({ type: 'text', text })) })
  for (const { index, type, value } of part.buttons ?? [])
    components.push({
      type: 'button',
      sub_type: subTypes[type],
      index: indexOf(index),
      parameters: [buttonParameters[type](value)],
    })
  return components
}

type ButtonType = NonNullable<TemplatePart['buttons']>[number]['type']

const subTypes: Record<ButtonType, string> = { url: 'url', quickReply: 'quick_reply', copyCode: 'copy_code' }

const buttonParameters: Record<ButtonType, (value: string) => Json> = {
  url: (text) => ({ type: 'text', text }),
  quickReply: (payload) => ({ type: 'payload', payload }),
  copyCode: (code) => ({ type: 'coupon_code', coupon_code: code }),
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
