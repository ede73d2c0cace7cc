// What the messages of several providers share: JSON without empty keys, and the contact card that WhatsApp itself defines.
import type { Content } from '../domain/content.ts'

export type Json = Record<string, unknown>

/** The keys that have a value. */
export function drop(object: object): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}

/** A tap comes back with this: the title where the campaign names nothing else. */
export function replyId({ id, title }: { id?: string | undefined; title: string }): string {
  return id ?? title
}

type ContactCard = Extract<Content, { type: 'contacts' }>['contacts'][number]

/** A contact as Meta's message objects write it. */
export function contactCard({ name, phones, emails, org, urls, addresses, birthday }: ContactCard): Json {
  return drop({
    name: drop({
      formatted_name: name.formattedName,
      first_name: name.firstName,
      last_name: name.lastName,
      middle_name: name.middleName,
      prefix: name.prefix,
      suffix: name.suffix,
    }),
    phones: phones?.map(({ phone, type, waId }) => drop({ phone, type, wa_id: waId })),
    emails: emails?.map(drop),
    org: org && drop(org),
    urls: urls?.map(drop),
    addresses: addresses?.map(({ countryCode, ...address }) => drop({ ...address, country_code: countryCode })),
    birthday,
  })
}
