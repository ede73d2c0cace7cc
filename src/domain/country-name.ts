// Countries by what people call them, where their two letters are asked for.
import { nearestWord } from './errors.ts'
import { callingCodeOf, isCountry, listCountries, mainCountryOf } from './numbering-plan.ts'

/** Names beside English, of the languages that the names of our columns have. */
const languages = ['en', 'de', 'es', 'fr', 'it', 'pt', 'nl', 'tr', 'ru']
/** Codes that are in use and are no ISO codes. */
const otherCodes: Record<string, string> = { UK: 'GB', EL: 'GR', ENG: 'GB', UAE: 'AE', USA: 'US', ROK: 'KR', KSA: 'SA' }

let known: ReadonlyMap<string, string> | undefined

/** Countries by their names in lower case; made once, because it asks for some two thousand names. */
function countriesByName(): ReadonlyMap<string, string> {
  if (known !== undefined) return known
  const names = new Map<string, string>()
  for (const language of languages) {
    const display = new Intl.DisplayNames([language], { type: 'region' })
    for (const country of listCountries())
      if (/^[A-Z]{2}$/.test(country)) names.set((display.of(country) ?? country).toLowerCase(), country)
  }
  known = names
  return names
}

/** The country that is meant, by its name in one of many languages or by another code; undefined where none is near. */
export function countryMeant(text: string): string | undefined {
  const word = text.trim()
  const code = otherCodes[word.toUpperCase()]
  if (code !== undefined) return code
  if (word.length < 3) return undefined
  const names = countriesByName()
  const nearest = nearestWord(word, names.keys())
  return nearest === undefined ? undefined : names.get(nearest)
}

/** The country of a cell: two letters, another code in use, a calling code, or a whole name; undefined for anything else. */
export function countryOfCell(cell: string): string | undefined {
  const word = cell.trim()
  const code = word.toUpperCase()
  if (isCountry(code)) return code
  const other = otherCodes[code]
  if (other !== undefined) return other
  const calling = /^(?:\+|00)?([1-9]\d{0,2})$/.exec(word)?.[1]
  if (calling !== undefined) return callingCodeOf(calling) === calling ? mainCountryOf(calling) : undefined
  return countriesByName().get(word.toLowerCase())
}

/** Names of columns that say in which country a person is, the surest first. */
const countryColumns = [
  'phone_country',
  'phone_country_code',
  'mobile_country_code',
  'country_calling_code',
  'calling_code',
  'dial_code',
  'country_code',
  'countrycode',
  'country',
  'country_name',
  'country_region',
  'default_address_country_code',
  'default_address_country',
  'billing_country_code',
  'billing_country',
  'shipping_country_code',
  'shipping_country',
  'mailing_country',
  'home_country',
  'person_country',
  'address_country',
  'land',
  'ländercode',
  'laendercode',
  'ländervorwahl',
  'país',
  'pais',
  'código_de_país',
  'pays',
  'code_pays',
  'paese',
  'nazione',
  'ülke',
  'ulke',
  'страна',
  'kraj',
  'země',
  'país_região',
  'negara',
  'quốc_gia',
  'الدولة',
  'البلد',
  '国家',
  '国',
  '국가',
  'देश',
]

/** Which of the fields that columns become says the country of a line; -1 for none. */
export function countryColumnOf(fields: readonly (string | null)[]): number {
  for (const name of countryColumns) {
    const index = fields.indexOf(name)
    if (index >= 0) return index
  }
  return -1
}

/** What is wrong with a country, and what it probably is. */
export function countryProblem(text: string): string {
  const meant = countryMeant(text)
  return meant === undefined || !isCountry(meant)
    ? 'is not the two letters of a country, for example DE'
    : `is not the two letters of a country: did you mean ${meant}?`
}
