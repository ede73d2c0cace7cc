// Columns in which other programs keep who may be written to, and who said no: their names as people and vendors write
// them, and what their cells mean. E-mail is another matter: a no to e-mail is no word about WhatsApp.
import { fieldName } from './name.ts'

const consentNames = new Set(
  `consent opt_in optin opted_in is_opted_in opt_in_status einwilligung zustimmung consentimiento consentement consenso
  consentimento toestemming zgoda souhlas samtycke samtykke suostumus izin onay согласие الموافقة 同意 동의
  marketing_consent whatsapp_consent whatsapp_opt_in whatsapp_optin whatsapp_marketing_consent consent_whatsapp opt_in_whatsapp
  sms_consent sms_opt_in sms_optin sms_marketing_consent phone_consent phone_opt_in mobile_opt_in
  accepts_marketing accepts_sms_marketing accepts_whatsapp_marketing accepts_whatsapp accepts_sms marketing_opt_in
  marketing_optin marketing_permission allow_marketing gdpr_consent acepta_marketing acepta_publicidad
  accepte_le_marketing akzeptiert_marketing werbeeinwilligung`.split(/\s+/),
)

const optOutNames = new Set(
  `opt_out optout opted_out is_opted_out has_opted_out opt_out_date opted_out_at opt_out_at unsubscribed is_unsubscribed unsubscribe
  unsubscribed_at unsubscribe_date unsubscribe_time unsub do_not_contact do_not_message do_not_text do_not_sms do_not_call do_not_whatsapp do_not_market
  do_not_disturb dnc dnd  no_marketing no_whatsapp no_sms  
  whatsapp_opt_out whatsapp_optout whatsapp_opted_out whatsapp_unsubscribed opted_out_of_whatsapp sms_opt_out sms_optout sms_opted_out
  sms_unsubscribed opted_out_of_sms marketing_opt_out phone_opt_out blocked is_blocked blacklisted is_blacklisted blacklist
  abgemeldet abmeldung abbestellt widerspruch werbesperre werbewiderspruch keine_werbung nicht_kontaktieren gesperrt
  baja dado_de_baja no_contactar no_molestar desuscrito 
  désabonné desabonne désinscrit desinscrit ne_pas_contacter  pas_de_publicité
  disiscritto  non_contattare descadastrado não_contatar nao_contatar não_perturbe
  afgemeld uitgeschreven niet_contacteren wypisany nie_kontaktować avregistrerad afmeldt avmeldt
  abonelikten_çıktı iletişime_geçme отписан отписался не_беспокоить إلغاء_الاشتراك عدم_الاتصال 退订 配信停止 수신거부`.split(
    /\s+/,
  ),
)

/** What a column is by its name, as fieldName writes it: a consent, the refusal of one, or something else. */
export function consentColumn(name: string): 'consent' | 'opt_out' | undefined {
  if (consentNames.has(name)) return 'consent'
  return optOutNames.has(name) ? 'opt_out' : undefined
}

const signs = [
  'opt_in',
  'optin',
  'opt_out',
  'optout',
  'opted',
  'consent',
  'unsub',
  'subscribe',
  'do_not',
  'dont_',
  'permission',
  'accepts_',
  'blacklist',
  'einwillig',
  'abgemeld',
  'abmeld',
  'widerspr',
  'consens',
  'désab',
  'desab',
  'désinscr',
  'desinscr',
  'descadastr',
  'отпис',
  'соглас',
  '退订',
]

/** Whether a column may say who agreed or refused without being named so that it is sure. */
export function resemblesConsent(column: string): boolean {
  const name = fieldName(column)
  return !/e_?-?mail|newsletter|reason/.test(name) && signs.some((sign) => name.includes(sign))
}

const yesWords = new Set([
  'yes',
  'y',
  'true',
  't',
  '1',
  '1.0',
  'x',
  '✓',
  '✔',
  'ja',
  'j',
  'si',
  'sí',
  'sim',
  'oui',
  'o',
  'da',
  'evet',
  'نعم',
  'да',
  '是',
  'はい',
  'ok',
  'on',
])
const noWords = new Set([
  'no',
  'n',
  'false',
  'f',
  '0',
  '0.0',
  'nein',
  'não',
  'nao',
  'non',
  'hayır',
  'لا',
  'нет',
  '否',
  'いいえ',
  'off',
])
const agreedWords = new Set(['granted', 'subscribed', 'opted in', 'opted_in'])
const refusedWords = new Set(['denied', 'unsubscribed', 'opted out', 'opted_out', 'not subscribed', 'not_subscribed'])

/** Nobody was asked, or nobody knows. */
const nothingWords = new Set([
  'never_subscribed',
  'never subscribed',
  'n/a',
  'na',
  'null',
  'none',
  'unknown',
  '-',
  '–',
  '—',
])

/** `granted`, `denied`, undefined for an empty cell, or `unclear`. */
export function readConsent(cell: string): 'granted' | 'denied' | 'unclear' | undefined {
  const word = cell.trim().toLowerCase()
  if (word === '' || nothingWords.has(word)) return undefined
  if (yesWords.has(word) || agreedWords.has(word)) return 'granted'
  return noWords.has(word) || refusedWords.has(word) ? 'denied' : 'unclear'
}

/** The cell of a column of opt-outs. A date or a reason in it is a refusal too: only a no, an agreement or nothing is none. */
export function readOptOut(cell: string): 'denied' | undefined {
  const word = cell.trim().toLowerCase()
  const isIn = word === '' || noWords.has(word) || agreedWords.has(word) || nothingWords.has(word)
  return isIn ? undefined : 'denied'
}
